"""Leases: one process at a time works on a key, and what a dead one held is taken over by one other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docqa.app.batch.execution import leases as module
from docqa.app.batch.execution.leases import EXPIRY_S, Leases


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def two(tmp_path: Path, clock: Clock) -> Iterator[tuple[Leases, Leases]]:
    """The leases of two processes on one folder."""
    with Leases(tmp_path, "work", clock=clock) as first, Leases(tmp_path, "work", clock=clock) as second:
        yield first, second


def _abandoned(folder: Path, key: str) -> None:
    """What a process that was killed leaves: it is, and its lease of `key` stays."""
    code = (
        "import os, sys; from pathlib import Path; from docqa.app.batch.execution.leases import Leases;"
        "assert Leases(Path(sys.argv[1]), 'work').claim(sys.argv[2]); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(folder), key], timeout=60, check=False).returncode == -9


def test_a_key_has_one_holder_until_it_is_given_back(two: tuple[Leases, Leases]) -> None:
    first, second = two
    assert first.claim("k")
    assert not second.claim("k")
    assert first.has("k")
    first.release("k")
    assert second.claim("k")
    assert not first.has("k")


def test_leases_of_a_killed_process_are_free_at_once_on_its_machine(two: tuple[Leases, Leases], tmp_path: Path) -> None:
    first, second = two
    _abandoned(tmp_path, "k")
    assert first.claim("k")
    assert not second.claim("k")
    first.release("k")
    assert list((tmp_path / "leases").iterdir()) == []


def test_a_process_elsewhere_counts_as_gone_after_the_expiry(
    two: tuple[Leases, Leases], clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    assert first.claim("k")
    monkeypatch.setattr(module, "_kernel", lambda: "another machine")
    assert not second.claim("k")
    clock.now = EXPIRY_S - 1
    assert not second.claim("k")
    os.utime(tmp_path / "owners" / first.owner, ns=(1, 1))  # a sign, whatever its clock says
    clock.now = EXPIRY_S + 1
    assert not second.claim("k")
    clock.now = 2 * EXPIRY_S + 2
    assert second.claim("k")
    assert not first.has("k")
    first.release("k")
    assert second.has("k")


def test_only_one_of_those_that_find_a_dead_owner_follows_it(
    two: tuple[Leases, Leases], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    _abandoned(tmp_path, "k")
    seen = second._newest("k")
    assert first.claim("k")
    monkeypatch.setattr(second, "_newest", lambda key: seen)  # it looked before the other was faster
    assert not second.claim("k")


def test_others_are_named_with_their_job_and_dead_ones_are_removed(tmp_path: Path) -> None:
    _abandoned(tmp_path, "k")
    with Leases(tmp_path, "one work") as first, Leases(tmp_path, "another") as second:
        assert first.others() == {second.owner: "another"}
        first.sweep()
        assert list((tmp_path / "leases").iterdir()) == []
    assert list((tmp_path / "owners").iterdir()) == []
