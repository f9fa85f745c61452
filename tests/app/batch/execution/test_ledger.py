"""The ledger: what it tells after crashes, and that it never costs more than the account."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from docqa.app.batch.execution import ledger as account
from docqa.app.batch.execution.ledger import Ledger, Planned

BEGUN = ({"work": "shout"}, 1, 2.0, 3)


def _rows(path: Path, query: str) -> list[tuple]:
    with sqlite3.connect(path) as database:
        return database.execute(query).fetchall()


def test_an_attempt_keeps_its_time_memory_machine_and_estimate(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path, "me", "here", clock=iter(range(100)).__next__) as ledger:
        ledger.begin(*BEGUN)
        ledger.put_items([Planned("a.txt", "k", "d", 5, 7, 1.5, "planned")])
        attempt = ledger.start("k", "a.txt", 1.5)
        ledger.finish(attempt, account.DONE, seconds=2.0, peak_bytes=9, tokens=7)
    assert _rows(path, "SELECT key, machine, started < ended, outcome, seconds, peak_bytes, tokens, planned_seconds"
                 " FROM attempts") == [("k", "here", 1, "done", 2.0, 9, 7, 1.5)]  # fmt: skip
    assert _rows(path, "SELECT path, state FROM items") == [("a.txt", "done")]


def test_open_attempts_of_dead_processes_are_closed_by_their_results(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path, "dead", "here") as ledger:
        ledger.begin(*BEGUN)
        for key in ("written", "cut off", "again"):
            ledger.start(key, f"{key}.txt", 1.0)
        ledger.finish(ledger.start("again", "again.txt", 1.0), account.DONE)
    with Ledger(path, "me", "here") as ledger:
        ledger.begin(*BEGUN)
        ledger.start("mine", "mine.txt", 1.0)
        ledger.settle(lambda owner: owner == "me", {"written": account.DONE, "again": account.DONE}.get)
    outcomes = _rows(path, "SELECT key, outcome FROM attempts ORDER BY id")
    assert outcomes == [("written", "done"), ("cut off", "lost"), ("again", "lost"), ("again", "done"), ("mine", None)]


def test_two_processes_write_one_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path, "one", "here") as first, Ledger(path, "two", "there") as second:
        for ledger in (first, second, first, second):
            ledger.begin(*BEGUN)
            ledger.finish(ledger.start("k", "a.txt", 1.0), account.DONE)
    assert _rows(path, "SELECT owner FROM attempts") == [("one",), ("two",), ("one",), ("two",)]


def test_a_file_that_is_not_a_ledger_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database at all, but long enough to be one" * 30)
    with Ledger(path, "me", "here") as ledger:
        ledger.begin(*BEGUN)
    assert (tmp_path / "ledger.damaged.sqlite").is_file()
    assert _rows(path, "SELECT count(*) FROM runs") == [(1,)]


def test_a_name_that_sqlite_does_not_take_is_escaped(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite", "me", "here") as ledger:
        ledger.put_items([Planned("\udcff.txt", None, None, 0, 0, 0.0, "failed", "no \udcff")])
    assert _rows(tmp_path / "ledger.sqlite", "SELECT path FROM items") == [("\\udcff.txt",)]


def test_a_ledger_on_a_full_disk_is_not_to_be_moved_away(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "small.sqlite")
    database.execute("PRAGMA max_page_count = 2")
    database.execute("CREATE TABLE t (x)")
    with pytest.raises(sqlite3.Error) as full:
        database.execute("INSERT INTO t VALUES (randomblob(100000))")
    database.close()
    assert account.remedy(full.value) == "make room on that disk; the same command goes on"
    assert account.remedy(sqlite3.DatabaseError("file is not a database")).startswith("move it away")


def _interrupted(left: list[int]) -> Any:
    """A function in which an interrupt comes at the second call."""

    def stored(value: object) -> object:
        left.pop()
        if not left:
            raise KeyboardInterrupt
        return value

    return stored


def test_an_interrupt_between_two_statements_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path, "me", "here") as ledger:
        ledger.begin(*BEGUN)
        attempt = ledger.start("k", "a.txt", 1.0)
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(account, "_stored", _interrupted([1, 1]))  # in the second statement of `finish`
            ledger.finish(attempt, account.DONE)
        assert _rows(path, "SELECT outcome FROM attempts") == [(None,)]
        ledger.finish(attempt, account.INTERRUPTED)
    assert _rows(path, "SELECT outcome FROM attempts") == [("interrupted",)]
