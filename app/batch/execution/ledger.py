"""The account of a batch in ledger.sqlite: what was planned, every attempt, its time, memory and machine.

It decides nothing: records and leases are files, so a ledger that is lost costs no work. It uses
a rollback journal, not a write-ahead log, which processes on different machines cannot share.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from docqa.app.batch.protocol import Json

DONE, FAILED, LOST, INTERRUPTED, SUPERSEDED = "done", "failed", "lost", "interrupted", "superseded"
"""How an attempt ended; `lost`: its process died, `superseded`: another took it over meanwhile. NULL while it runs."""
SCHEMA_VERSION = 1
BUSY_S = 60.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, owner TEXT NOT NULL, machine TEXT NOT NULL, work TEXT NOT NULL, jobs INTEGER,
    started REAL NOT NULL, ended REAL, exit_code INTEGER,
    planned_seconds REAL, seconds REAL, planned_bytes INTEGER, peak_bytes INTEGER);
CREATE TABLE IF NOT EXISTS items (
    path TEXT PRIMARY KEY, key TEXT, document TEXT, bytes INTEGER, planned_tokens INTEGER, planned_seconds REAL,
    state TEXT NOT NULL, reason TEXT);
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs, key TEXT NOT NULL, path TEXT NOT NULL,
    owner TEXT NOT NULL, machine TEXT NOT NULL, started REAL NOT NULL, ended REAL, outcome TEXT, reason TEXT,
    seconds REAL, peak_bytes INTEGER, tokens INTEGER, planned_seconds REAL);
CREATE INDEX IF NOT EXISTS attempts_by_key ON attempts (key);
"""


@dataclass(frozen=True)
class Planned:
    """A line of the table of items: a document, the task it belongs to, and what that was thought to take."""

    path: str
    key: str | None
    document: str | None
    bytes: int
    tokens: int
    seconds: float
    state: str
    reason: str | None = None


class Ledger:
    """One process's way to the account, in a `with`. Raises sqlite3.Error when it cannot be kept.

    Each method is one transaction, which has the database to itself from its first change: no deadlock between readers.
    `clock` gives seconds since the epoch.
    """

    def __init__(self, path: Path, owner: str, machine: str, clock: Callable[[], float] = time.time) -> None:
        self._owner, self._machine, self._clock = owner, machine, clock
        self._run = 0
        try:
            self._database = _open(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked, or the disk refuses: the file is not to blame
                raise
            os.replace(path, path.with_name(f"{path.stem}.damaged{path.suffix}"))
            self._database = _open(path)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def begin(self, job: Json, jobs: int, planned_seconds: float, planned_bytes: int) -> None:
        """A run begins."""
        with self._database as database:
            cursor = database.execute(
                "INSERT INTO runs (owner, machine, work, jobs, started, planned_seconds, planned_bytes)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._owner, self._machine, json.dumps(job), jobs, self._clock(), planned_seconds, planned_bytes),
            )
            self._run = int(cursor.lastrowid or 0)

    def end(self, exit_code: int, seconds: float, peak_bytes: int) -> None:
        """The run is over."""
        with self._database as database:
            database.execute(
                "UPDATE runs SET ended = ?, exit_code = ?, seconds = ?, peak_bytes = ? WHERE id = ?",
                (self._clock(), exit_code, seconds, peak_bytes, self._run),
            )

    def put_items(self, items: Iterable[Planned]) -> None:
        """The documents of the batch as they are now, instead of those of earlier runs. Attempts stay."""
        with self._database as database:
            database.execute("DELETE FROM items")
            database.executemany(
                "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (tuple(_stored(value) for value in vars(item).values()) for item in items),
            )

    def start(self, key: str, path: str, planned_seconds: float) -> int:
        """An attempt begins; returns its number."""
        with self._database as database:
            cursor = database.execute(
                "INSERT INTO attempts (run, key, path, owner, machine, started, planned_seconds)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._run, key, _stored(path), self._owner, self._machine, self._clock(), planned_seconds),
            )
            return int(cursor.lastrowid or 0)

    def finish(
        self, attempt: int, outcome: str, *, seconds: float | None = None, peak_bytes: int | None = None,
        tokens: int | None = None, reason: str | None = None, machine: str | None = None,
    ) -> None:  # fmt: skip
        """An attempt is over. `machine` where it was not this one."""
        with self._database as database:
            database.execute(
                "UPDATE attempts SET ended = ?, outcome = ?, seconds = ?, peak_bytes = ?, tokens = ?, reason = ?,"
                " machine = coalesce(?, machine) WHERE id = ?",
                (self._clock(), outcome, seconds, peak_bytes, tokens, _stored(reason), machine, attempt),
            )
            if outcome in (DONE, FAILED):
                database.execute(
                    "UPDATE items SET state = ?, reason = ? WHERE key = (SELECT key FROM attempts WHERE id = ?)",
                    (outcome, _stored(reason), attempt),
                )

    def settle(self, is_alive: Callable[[str], bool], outcome_of: Callable[[str], str | None]) -> None:
        """Close the attempts that dead processes left open, by `outcome_of` their key: its state, None: it was lost."""
        open_ones = self._database.execute("SELECT id, key, owner FROM attempts WHERE outcome IS NULL").fetchall()
        dead = [(number, key) for number, key, owner in open_ones if not is_alive(owner)]
        if not dead:
            return
        closed = {
            str(key)
            for (key,) in self._database.execute("SELECT key FROM attempts WHERE outcome IN (?, ?)", (DONE, FAILED))
        }
        with self._database as database:
            for number, key in dead:
                outcome = None if key in closed else outcome_of(key)
                database.execute("UPDATE attempts SET outcome = ? WHERE id = ?", (outcome or LOST, number))


def remedy(error: sqlite3.Error) -> str:
    """What to do about a ledger that cannot be kept."""
    name = str(getattr(error, "sqlite_errorname", None) or "")
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return "make room on that disk; the same command goes on"
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return "check the permissions of the file and its folder"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "another process keeps it locked; the same command goes on"
    return "move it away: no work is lost with it"


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=BUSY_S, isolation_level="IMMEDIATE")
    try:
        database.execute("PRAGMA journal_mode = DELETE")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            raise sqlite3.DatabaseError(f"{path} has the form {version}, this docqa writes {SCHEMA_VERSION}")
        database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _stored(value: str | float | None) -> str | float | None:
    """`value` without lone surrogates, which SQLite does not take."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value
