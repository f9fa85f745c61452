"""Processes and Ray actors give the records of the serial run, and outlive the death of one of
them.
"""

import os
import sqlite3
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from docqa.app.batch.execution.executors import WorkerProcess
from docqa.app.batch.items import BatchItem, Task

from ..conftest import outputs_of

KILL = """
import os, signal, sys
from docqa.app import cli
from docqa.app.batch.execution import {module} as module

original = module.{kind}.process
killed = []


def process(self, task):
    if not killed:
        killed.append(task.key)
        {kill}
    return original(self, task)


module.{kind}.process = process
sys.exit(cli.run(sys.argv[1:]))
"""
KILL_WORKER = "os.kill(self.child.pid, signal.SIGKILL)"  # while it loads


def _run(program: str, checkpoint: Path, *arguments) -> str:
    """Run a program that ends with status 6; Ray's own processes talk over the loopback, which the
    suite refuses.
    """
    environment = {
        **os.environ,
        "DOCQA_MODEL": str(checkpoint),
        "DOCQA_DTYPE": "float32",
        "OMP_NUM_THREADS": "1",
    }
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [sys.executable, "-c", program, "summarize", *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 6, done.stderr
    return done.stderr


def _outcomes(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "ledger.sqlite") as database:
        return [outcome for (outcome,) in database.execute("SELECT outcome FROM attempts")]


@pytest.fixture
def serial(docqa, mixed_folder, tiny_model: None, tmp_path) -> dict[str, bytes]:
    """The output of a serial run over `docs`."""
    mixed_folder(tmp_path / "docs", 7)
    docqa("summarize", tmp_path / "docs", "--output", tmp_path / "serial")
    return outputs_of(tmp_path / "serial")


@pytest.mark.parametrize(
    ("first", "lost"), [("", []), ("self.fatal_outcome(); ", ["lost"])], ids=["loading", "ready"]
)
def test_a_killed_worker_process_costs_no_record(serial, checkpoint, tmp_path, first, lost):
    program = KILL.format(module="executors", kind="WorkerProcess", kill=first + KILL_WORKER)
    _run(program, checkpoint, tmp_path / "docs", "--output", tmp_path / "out", "--jobs", 2)
    assert outputs_of(tmp_path / "out") == serial
    assert sorted(_outcomes(tmp_path / "out")) == ["done"] * 5 + ["failed", *lost]


def test_workers_that_cannot_start_are_not_the_fault_of_a_document(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    worker = WorkerProcess("{}", 1)
    outcome = worker.process(Task("key", BatchItem("a.txt", "/a.txt", "a.txt"), ("a.txt",)))
    worker.stop()
    worker.join()
    assert outcome.fatal is not None
    assert "worker processes end with status 1 before they begin" in outcome.fatal


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed")
def test_a_killed_ray_actor_costs_no_record(serial, checkpoint, tmp_path):
    program = KILL.format(module="ray_actors", kind="RayActor", kill="self.ray.kill(self._handle)")
    _run(
        program,
        checkpoint,
        tmp_path / "docs",
        "--output",
        tmp_path / "out",
        "--jobs",
        2,
        "--ray",
        "local",
    )
    assert outputs_of(tmp_path / "out") == serial
    assert sorted(_outcomes(tmp_path / "out")) == ["done"] * 5 + ["failed", "lost"]
