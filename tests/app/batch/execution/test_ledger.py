"""The ledger: what it tells after crashes, and that it never costs more than the account."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from docqa.app.batch.attempt import Outcome
from docqa.app.batch.execution import ledger as account
from docqa.app.batch.execution.ledger import Ledger

BEGUN = ({"work": "shout"}, 1, 2.0, 3)


def _rows(path: Path, query: str) -> list[tuple]:
    with sqlite3.connect(path) as database:
        return database.execute(query).fetchall()


def test_an_attempt_keeps_its_time_memory_and_machine(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path, "here", clock=iter(range(100)).__next__) as ledger:
        ledger.begin(*BEGUN)
        attempt = ledger.start("k", "a.txt")
        ledger.finish(attempt, account.DONE, Outcome("k", seconds=2.0, peak_bytes=9, tokens=7))
    assert _rows(path, "SELECT key, machine, started < ended, outcome, seconds, peak_bytes, tokens"
                 " FROM attempts") == [("k", "here", 1, "done", 2.0, 9, 7)]  # fmt: skip


def test_open_attempts_of_killed_runs_are_closed_by_their_results(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path, "here") as ledger:
        ledger.begin(*BEGUN)
        for key in ("written", "cut off"):
            ledger.start(key, f"{key}.txt")
    with Ledger(path, "here") as ledger:
        ledger.settle({"written": account.DONE}.get)
    assert _rows(path, "SELECT key, outcome FROM attempts ORDER BY id") == [("written", "done"), ("cut off", "lost")]


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be one" * 30, None])
def test_a_file_that_is_no_ledger_of_this_form_is_set_aside(tmp_path, content):
    path = tmp_path / "ledger.sqlite"
    if content is not None:
        path.write_bytes(content)
    else:
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA user_version = 1")
    with Ledger(path, "here") as ledger:
        ledger.begin(*BEGUN)
    assert (tmp_path / "ledger.old.sqlite").is_file()
    assert _rows(path, "SELECT count(*) FROM runs") == [(1,)]


def test_a_name_that_sqlite_does_not_take_is_escaped(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite", "here") as ledger:
        ledger.begin(*BEGUN)
        ledger.finish(ledger.start("k", "\udcff.txt"), account.FAILED, reason="no \udcff")
    rows = _rows(tmp_path / "ledger.sqlite", "SELECT path, reason FROM attempts")
    assert rows == [("\\udcff.txt", "no \\udcff")]


def _interrupted(left: list[int]) -> Any:
    """A function in which an interrupt comes when `left` is used up."""

    def stored(value: object) -> object:
        left.pop()
        if not left:
            raise KeyboardInterrupt
        return value

    return stored


def test_an_interrupt_in_a_transaction_changes_nothing(tmp_path, monkeypatch):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path, "here") as ledger:
        ledger.begin(*BEGUN)
        attempt = ledger.start("k", "a.txt")
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(account, "_stored", _interrupted([1]))
            ledger.finish(attempt, account.DONE)
        assert _rows(path, "SELECT outcome FROM attempts") == [(None,)]
        ledger.finish(attempt, account.INTERRUPTED)
    assert _rows(path, "SELECT outcome FROM attempts") == [("interrupted",)]
