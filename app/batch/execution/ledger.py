"""ledger.sqlite: plan, attempts, times, memory and machines of a batch. Losing it costs no work."""

import json
import sqlite3
import time
from pathlib import Path
from typing import Self

from docqa.app.answer.text import JsonObject, storable_text

from ..items import Task
from ..jobs import Outcome

DONE = "done"
FAILED = "failed"
LOST = "lost"
INTERRUPTED = "interrupted"
"""How an attempt ended; `lost`: its process died."""
_BUSY_S = 60.0


class Ledger:
    """The account at `path`, of one process, in a `with`. Raises sqlite3.Error."""

    def __init__(self, path: Path, machine: str) -> None:
        self._machine = machine
        self._run = 0
        self._database = sqlite3.connect(path, timeout=_BUSY_S)
        self._database.executescript(
            Path(__file__).with_name("ledger.sql").read_text(encoding="utf-8")
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def begin(self, job: JsonObject, jobs: int, planned_seconds: float, planned_bytes: int) -> None:
        with self._database as database:
            cursor = database.execute(
                "INSERT INTO runs (machine, work, jobs, started, planned_seconds, planned_bytes)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (self._machine, json.dumps(job), jobs, time.time(), planned_seconds, planned_bytes),
            )
            self._run = int(cursor.lastrowid or 0)

    def end(self, seconds: float, peak_bytes: int) -> None:
        with self._database as database:
            database.execute(
                "UPDATE runs SET ended = ?, seconds = ?, peak_bytes = ? WHERE id = ?",
                (time.time(), round(seconds, 3), peak_bytes, self._run),
            )

    def add(
        self,
        task: Task,
        started: float,
        state: str,
        measured: Outcome | None = None,
        reason: str = "",
    ) -> None:
        """An attempt that began at `started`, since the epoch, is over, with what was
        `measured`.
        """
        machine = measured.machine if measured else None
        measures = (
            (round(measured.seconds, 3), measured.peak_bytes, measured.tokens)
            if measured
            else (None, None, None)
        )
        with self._database as database:
            database.execute(
                "INSERT INTO attempts (run, key, path, machine, started, ended, outcome, reason, seconds, peak_bytes,"
                " tokens) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._run,
                    task.key,
                    storable_text(task.item.path),
                    machine or self._machine,
                    started,
                    time.time(),
                    state,
                    storable_text(reason) or None,
                    *measures,
                ),
            )
