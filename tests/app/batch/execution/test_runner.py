"""The loop of a batch, with a work that takes no model: once each, isolated failures, others that help or die."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from docqa.app.batch.attempt import Outcome
from docqa.app.batch.execution.executors import Serial
from docqa.app.batch.execution.leases import Leases
from docqa.app.batch.execution.ledger import Ledger
from docqa.app.batch.execution.runner import MAX_CRASHES, Runner, Shared, Tally
from docqa.app.batch.items import Task, list_items
from docqa.app.batch.jobs import identity_hash
from docqa.app.batch.workspace import Workspace
from docqa.app.errors import ResourceError

from ..conftest import Shout, attempts_of


class Listener:
    """A Monitor that remembers."""

    def __init__(self) -> None:
        self.ended_paths: list[str] = []

    def started(self, task: Task) -> None:
        pass

    def ended(self, task: Task, outcome: Outcome | None) -> None:
        self.ended_paths.append(task.item.path)


class Deadly(Serial):
    """An executor whose process dies of each task as often as `deaths` says."""

    def __init__(self, work: Shout, deaths: int) -> None:
        super().__init__(work, lambda event: None)
        self._deaths = deaths

    def wait(self, seconds: float) -> Outcome | None:
        if self._task is not None and self._deaths:
            self._deaths -= 1
            task, self._task = self._task, None
            return Outcome(task.key)
        return super().wait(seconds)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five documents, two of them equal, one broken."""
    path = tmp_path / "docs"
    path.mkdir()
    for name, text in (("a", "one"), ("b", "two"), ("c", "one"), ("d", "broken"), ("e", "three")):
        (path / f"{name}.txt").write_text(text)
    return path


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    workspace = Workspace(tmp_path / "out")
    workspace.create()
    with (
        Leases(workspace.folder, "work") as leases,
        Ledger(workspace.root / "ledger.sqlite", leases.owner, "here") as ledger,
    ):
        ledger.begin({}, 1, 0.0, 0)
        yield Shared(workspace, leases, ledger)


@pytest.fixture
def run(folder: Path, shared: Shared, shout: Shout) -> Callable[..., Tally]:
    """Function(executor, max_failures) that runs what is left of `folder`."""

    def run_left(executor: Serial | None = None, max_failures: int | None = None) -> Tally:
        tasks = list_items([str(folder)]).tasks(identity_hash(shout.identity()))
        left = [task for task in tasks if not shared.workspace.settled(task.key)]
        chosen = executor or Serial(shout, lambda event: None)
        return Runner(left, lambda task: 1.0, shared, chosen, lambda task, record: None, Listener(), max_failures).run()

    return run_left


def test_every_content_is_done_once_and_a_broken_one_costs_only_itself(
    run: Callable[..., Tally], shared: Shared, shout: Shout
) -> None:
    tally = run()
    assert (tally.done, tally.failed, tally.left) == (3, 1, 0)
    assert sorted(shout.processed) == [b"broken", b"one", b"three", b"two"]
    again = run()
    assert (again.done, again.failed) == (0, 0)
    assert len(shout.processed) == 4
    assert sorted(outcome or "" for _, outcome in attempts_of(shared.workspace.root)) == ["done"] * 3 + ["failed"]


def test_too_many_failures_end_the_run_and_the_next_continues(run: Callable[..., Tally], folder: Path) -> None:
    (folder / "a0.txt").write_text("also broken")
    tally = run(max_failures=0)
    assert tally.failed == 1
    assert tally.left == 3
    tally = run(max_failures=1)
    assert (tally.done, tally.failed, tally.left) == (2, 1, 0)


def test_an_error_that_all_would_share_ends_the_run(run: Callable[..., Tally], folder: Path, shared: Shared) -> None:
    (folder / "b2.txt").write_text("the disk is full")
    with pytest.raises(ResourceError, match="No space"):
        run()
    outcomes = [outcome for _, outcome in attempts_of(shared.workspace.root)]
    assert outcomes == ["done", "done", "interrupted"]
    assert list((shared.workspace.folder / "leases").iterdir()) == []


def test_a_bug_that_one_document_brings_out_is_its_failure(
    run: Callable[..., Tally], folder: Path, shared: Shared, shout: Shout
) -> None:
    (folder / "f.txt").write_text("a bug")
    assert run().failed == 2
    task = list_items([str(folder)]).tasks(identity_hash(shout.identity()))[-1]
    failure = shared.workspace.failure(task.key)
    assert failure is not None
    assert "a bug in docqa" in failure.reason


def test_a_document_whose_process_dies_twice_is_a_failure(
    run: Callable[..., Tally], shared: Shared, shout: Shout
) -> None:
    tally = run(Deadly(shout, MAX_CRASHES - 1))
    assert (tally.done, tally.failed) == (3, 1)
    outcomes = [outcome for _, outcome in attempts_of(shared.workspace.root)]
    assert outcomes.count("lost") == 1
    shared.workspace.keep_only([])
    tally = run(Deadly(shout, MAX_CRASHES))
    assert (tally.done, tally.failed) == (2, 2)


def test_what_another_process_does_is_waited_for_and_not_done_again(
    run: Callable[..., Tally], folder: Path, shared: Shared, shout: Shout, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = list_items([str(folder)]).tasks(identity_hash(shout.identity()))[0]
    with Leases(shared.workspace.folder, "work") as other:
        assert other.claim(first.key)

        def other_finishes(seconds: float) -> None:
            shared.workspace.put_record(first.key, '"ONE"')
            other.release(first.key)

        monkeypatch.setattr("docqa.app.batch.execution.runner.time.sleep", other_finishes)
        tally = run()
    assert (tally.done, tally.elsewhere) == (2, 1)
    assert b"one" not in shout.processed


def test_a_result_that_comes_after_a_takeover_is_dropped(
    run: Callable[..., Tally], folder: Path, shared: Shared, shout: Shout, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = list_items([str(folder)]).tasks(identity_hash(shout.identity()))[0]
    held = shared.leases.has
    lost = iter([True])
    monkeypatch.setattr(shared.leases, "has", lambda key: held(key) and not (key == first.key and next(lost, False)))
    assert run().done == 3
    outcomes = [outcome for key, outcome in attempts_of(shared.workspace.root) if key == first.key]
    assert outcomes == ["superseded", "done"]


def test_half_written_files_of_a_killed_process_are_swept(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.create()
    workspace.put_outputs(["sub/a.txt.md"])
    (tmp_path / "sub").mkdir()
    left = [tmp_path / "sub" / ".docqa-x1", workspace.folder / "records" / ".docqa-x2", tmp_path / ".docqa-x3"]
    for path in left:
        path.write_text("half")
    workspace.sweep()
    assert not any(path.exists() for path in left)
    assert workspace.outputs() == ["sub/a.txt.md"]
