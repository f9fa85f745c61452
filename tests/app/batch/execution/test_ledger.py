"""The ledger: what it tells of attempts, and that it never costs more than the account."""

import sqlite3
from pathlib import Path

import pytest

from docqa.app.batch.execution import ledger as account
from docqa.app.batch.execution.ledger import Ledger
from docqa.app.batch.items import BatchItem, Task
from docqa.app.batch.jobs import Outcome

BEGUN = ({"work": "shout"}, 1, 2.0, 3)


def _task(path: str) -> Task:
    return Task("k", BatchItem(path, path, path), (path,))


def _rows(path: Path, query: str) -> list[tuple]:
    with sqlite3.connect(path) as database:
        return database.execute(query).fetchall()


def test_an_attempt_keeps_its_time_memory_and_machine(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path, "here") as ledger:
        ledger.begin(*BEGUN)
        ledger.add(_task("a.txt"), 5.0, account.DONE, Outcome(seconds=2.0, peak_bytes=9, tokens=7))
        ledger.add(_task("a.txt"), 5.0, account.DONE, Outcome(machine="there"))
    found = _rows(
        path,
        "SELECT key, machine, started < ended, outcome, seconds, peak_bytes, tokens FROM attempts",
    )
    assert found == [("k", "here", 1, "done", 2.0, 9, 7), ("k", "there", 1, "done", 0.0, 0, 0)]


def test_a_name_that_sqlite_does_not_take_is_escaped(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite", "here") as ledger:
        ledger.begin(*BEGUN)
        ledger.add(_task("\udcff.txt"), 5.0, account.FAILED, reason="no \udcff")
    rows = _rows(tmp_path / "ledger.sqlite", "SELECT path, reason FROM attempts")
    assert rows == [("\\udcff.txt", "no \\udcff")]


def test_an_interrupt_in_a_transaction_changes_nothing(tmp_path, monkeypatch):
    def interrupted(value):
        raise KeyboardInterrupt

    path = tmp_path / "ledger.sqlite"
    with Ledger(path, "here") as ledger:
        ledger.begin(*BEGUN)
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(account, "storable_text", interrupted)
            ledger.add(_task("a.txt"), 5.0, account.DONE)
        ledger.add(_task("a.txt"), 5.0, account.INTERRUPTED)
    assert _rows(path, "SELECT outcome FROM attempts") == [("interrupted",)]
