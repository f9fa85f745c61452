"""Folders of mixed documents, a scripted work for the runner, and `docqa summarize` in processes of
its own.
"""

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from docqa.app.batch.items import BatchItem
from docqa.app.batch.jobs import Job, Outcome
from docqa.app.options import Options
from docqa.ingest.errors import Unreadable

WORDS = "The tenant of unit {0} shall pay {0} dollars to the keeper named Alder{0} before the ninth day of the month."


class Shout(Job):
    """A Job for tests: the text of a document in capitals; one that holds "broken" fails, "full"
    stops everything.
    """

    name = "shout"
    by_name = False
    asked: dict[str, Any] = {}

    def __init__(self) -> None:
        super().__init__(Options(store=False))
        self.processed: list[bytes] = []

    def identity(self) -> dict[str, Any]:
        return {"work": self.name}

    def prepare(self) -> None:
        pass

    def _make_record(self, *_) -> str:
        raise NotImplementedError

    def process(self, item: BatchItem, content: bytes, on_event: Callable[..., None]) -> Outcome:
        self.processed.append(content)
        if b"broken" in content:
            raise Unreadable("it is broken", where=item.name, hint="Get it again")
        if b"full" in content:
            raise OSError(28, "No space left on device")
        if b"bug" in content:
            raise KeyError("nobody thought of this")
        return Outcome(json.dumps(content.decode().upper()), tokens=len(content))


@pytest.fixture
def shout() -> Shout:
    return Shout()


def pdf(*lines: str, password: str | None = None, rule: bool = False) -> bytes:
    """A PDF of one page; with `rule` instead of `lines` a page without text, as of a scan."""
    buffer = io.BytesIO()
    lock = StandardEncryption(password, strength=128) if password else None
    canvas = Canvas(buffer, pagesize=(612, 792), invariant=1, encrypt=lock)
    for number, line in enumerate(lines):
        canvas.drawString(72, 700 - 16 * number, line)
    if rule:
        canvas.rect(72, 300, 400, 300, fill=1)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@pytest.fixture(scope="session")
def mixed_folder() -> Callable[[Path, int], Path]:
    """Function(folder, count) that fills a folder with good, broken, encrypted, empty, scanned and
    equal documents.
    """

    def make(folder: Path, count: int) -> Path:
        kinds = [
            lambda n: (f"note {n}.txt", WORDS.format(n).encode()),
            lambda n: (
                f"deep/er/Vermerk {n} über Häfen.md",
                f"# Unit {n}\n\n{WORDS.format(n)}\n".encode(),
            ),
            lambda n: (
                unicodedata.normalize("NFD", f"é{n}.txt"),
                f"{WORDS.format(n)} Café.".encode(),
            ),
            lambda n: (f"twin {n}.txt", WORDS.format(1).encode()),
            lambda n: (
                f"page {n}.html",
                f"<html><body><p>{WORDS.format(n)}</p></body></html>".encode(),
            ),
            lambda n: (f"good {n}.pdf", pdf(WORDS.format(n)[:90])),
            lambda n: (f"broken {n}.pdf", b"%PDF-1.7\nnothing of one " + str(n).encode()),
            lambda n: (f"locked {n}.pdf", pdf(WORDS.format(n)[:90], password=f"secret {n}")),
            lambda n: (f"scan {n}.pdf", pdf(rule=True) + b"\n" * n),
            lambda n: (f"empty {n}.txt", b" \n" * n),
        ]
        for number in range(1, count + 1):
            name, content = kinds[(number - 1) % len(kinds)](number)
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    return make


@pytest.fixture
def summarize_process(checkpoint: Path, own_folders: Path) -> Callable[..., subprocess.Popen[str]]:
    """Function(*arguments) that starts `docqa summarize ARGUMENTS` with the tiny model in a process
    of its own.
    """

    def start(*arguments) -> subprocess.Popen[str]:
        settings = {
            "DOCQA_MODEL": str(checkpoint),
            "DOCQA_DTYPE": "float32",
            "OMP_NUM_THREADS": "1",
        }
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "docqa.app", "summarize", *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **settings},
            preexec_fn=_heed_interrupts,
        )

    return start


def _heed_interrupts() -> None:
    """A test run in the background ignores them, and its children would too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def outputs_of(folder: Path) -> dict[str, bytes]:
    """Every file of an output folder but the ledger, which alone may differ between two runs."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("ledger.sqlite")
    }


def attempts_of(folder: Path) -> list[tuple[str, str | None]]:
    """(key, outcome) of every attempt in the ledger."""
    with sqlite3.connect(folder / "ledger.sqlite") as database:
        return [
            (str(key), outcome)
            for key, outcome in database.execute("SELECT key, outcome FROM attempts")
        ]
