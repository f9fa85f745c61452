"""The account of a batch in ledger.sqlite: what was planned, every attempt, its time, memory and machine.

It decides nothing: records are files, so a ledger that is lost costs no work.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from docqa.app.batch.attempt import Outcome
from docqa.app.batch.items import Json

DONE, FAILED, LOST, INTERRUPTED = "done", "failed", "lost", "interrupted"
"""How an attempt ended; `lost`: its process died. NULL while it runs."""
SCHEMA_VERSION = 2
BUSY_S = 60.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, machine TEXT NOT NULL, work TEXT NOT NULL, jobs INTEGER,
    started REAL NOT NULL, ended REAL, exit_code INTEGER,
    planned_seconds REAL, seconds REAL, planned_bytes INTEGER, peak_bytes INTEGER);
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs, key TEXT NOT NULL, path TEXT NOT NULL,
    machine TEXT NOT NULL, started REAL NOT NULL, ended REAL, outcome TEXT, reason TEXT,
    seconds REAL, peak_bytes INTEGER, tokens INTEGER);
"""


class Ledger:
    """The way to the account of the one process that writes it, in a `with`. Raises sqlite3.Error where it cannot.

    A file that is no ledger of this form is set aside. `clock` gives seconds since the epoch.
    """

    def __init__(self, path: Path, machine: str, clock: Callable[[], float] = time.time) -> None:
        self._machine, self._clock = machine, clock
        self._run = 0
        try:
            self._database = _open(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked, or the disk refuses: the file is not to blame
                raise
            os.replace(path, path.with_name(f"{path.stem}.old{path.suffix}"))
            self._database = _open(path)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def begin(self, job: Json, jobs: int, planned_seconds: float, planned_bytes: int) -> None:
        """A run begins."""
        with self._database as database:
            cursor = database.execute(
                "INSERT INTO runs (machine, work, jobs, started, planned_seconds, planned_bytes)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (self._machine, json.dumps(job), jobs, self._clock(), planned_seconds, planned_bytes),
            )
            self._run = int(cursor.lastrowid or 0)

    def end(self, exit_code: int, seconds: float, peak_bytes: int) -> None:
        """The run is over."""
        with self._database as database:
            database.execute(
                "UPDATE runs SET ended = ?, exit_code = ?, seconds = ?, peak_bytes = ? WHERE id = ?",
                (self._clock(), exit_code, seconds, peak_bytes, self._run),
            )

    def start(self, key: str, path: str) -> int:
        """An attempt begins; returns its number."""
        with self._database as database:
            cursor = database.execute(
                "INSERT INTO attempts (run, key, path, machine, started) VALUES (?, ?, ?, ?, ?)",
                (self._run, key, _stored(path), self._machine, self._clock()),
            )
            return int(cursor.lastrowid or 0)

    def finish(self, attempt: int, state: str, measured: Outcome | None = None, *, reason: str | None = None) -> None:
        """An attempt is over, with the `measured` time, memory, tokens and, where it was not this one, machine."""
        found = (round(measured.seconds, 3), measured.peak_bytes, measured.tokens) if measured else (None, None, None)
        machine = measured.machine if measured else None
        with self._database as database:
            database.execute(
                "UPDATE attempts SET ended = ?, outcome = ?, reason = ?, machine = coalesce(?, machine), seconds = ?,"
                " peak_bytes = ?, tokens = ? WHERE id = ?",
                (self._clock(), state, _stored(reason), machine, *found, attempt),
            )

    def settle(self, state_of: Callable[[str], str | None]) -> None:
        """Close what killed runs left open: by the state that a key has now, as lost where it has none."""
        left = self._database.execute("SELECT id, key FROM attempts WHERE outcome IS NULL").fetchall()
        with self._database as database:
            states = ((state_of(key) or LOST, number) for number, key in left)
            database.executemany("UPDATE attempts SET outcome = ? WHERE id = ?", states)


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=BUSY_S, isolation_level="IMMEDIATE")
    try:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            raise sqlite3.DatabaseError(f"{path} has the form {version}, this docqa writes {SCHEMA_VERSION}")
        database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _stored(text: str | None) -> str | None:
    """`text` without lone surrogates, which SQLite does not take."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8") if text is not None else None
