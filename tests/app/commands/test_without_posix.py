"""What Windows lacks is not needed: the commands run where docqa cannot have it, and other packages
can.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[3] / "sample_docs" / "services_agreement.pdf"
BLOCK = """
import builtins, os, signal, tempfile
import subprocess

LACKING = {"fcntl", "resource", "termios", "tty", "pty", "pwd", "grp", "syslog"}
plain = builtins.__import__


def guarded(name, globals=None, locals=None, fromlist=(), level=0):
    importer = str((globals or {}).get("__name__"))
    if level == 0 and name.partition(".")[0] in LACKING and importer.startswith(("docqa.", "__main__")):
        raise ImportError(f"{name} is not on this system")
    return plain(name, globals, locals, fromlist, level)


builtins.__import__ = guarded
for module, names in (
    (os, ("fork", "killpg", "getpgid", "setsid", "sched_getaffinity", "O_DIRECTORY")),
    (signal, ("SIGALRM", "SIGXCPU", "SIGHUP", "SIGUSR1", "setitimer", "alarm", "pthread_sigmask")),
):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
"""
EVERYTHING = """
import importlib, pkgutil
import docqa.app, docqa.ingest, docqa.kernels, docqa.model

left = ("docqa.app.lab", "docqa.model.training")
for package in (docqa.app, docqa.ingest, docqa.kernels, docqa.model):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.startswith(left) and not found.name.endswith((".gpu", ".__main__", "._native")):
            importlib.import_module(found.name)
print("imported")
"""


@pytest.fixture
def elsewhere(tmp_path) -> dict[str, str]:
    """The environment of a process that has nothing of POSIX, its children neither."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(BLOCK)
    return {
        **os.environ,
        "PYTHONPATH": str(tmp_path / "site"),
        "DOCQA_CACHE_DIR": str(tmp_path / "kept"),
    }


def _python(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_modules_are_imported_without_those_of_posix(elsewhere):
    assert "imported" in _python(elsewhere, "-c", EVERYTHING)


def test_a_question_is_answered_without_posix(elsewhere):
    answer = json.loads(
        _python(
            elsewhere, "-m", "docqa.app", "ask", str(SAMPLE), "When are invoices due?", "--json"
        )
    )
    assert answer["quotes"] and "invoice" in answer["quotes"][0]["text"].lower()


@pytest.mark.slow
def test_a_folder_is_summarized_by_two_processes_without_posix(elsewhere, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for name in ("gate", "lock"):
        text = (
            f"The {name} is opened at six in the morning by the warden of the harbour. He notes the level. "
            * 30
        )
        (folder / f"{name}.txt").write_text(text)
    out = tmp_path / "out"
    _python(
        elsewhere, "-m", "docqa.app", "summarize", str(folder), "--output", str(out), "--jobs", "2"
    )
    assert sorted(
        path.stem
        for path in out.rglob("*.md")
        if path.stem in ("gate.txt", "lock.txt", "gate", "lock")
    )
