"""The loop of a batch, with a work that takes no model: once each, isolated failures, processes
that die.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from docqa.app.batch.execution.executors import Next, Serial, Workers
from docqa.app.batch.execution.ledger import Ledger
from docqa.app.batch.execution.runner import MAX_CRASHES, Runner, Tally
from docqa.app.batch.items import BatchItem, Task, key_of, list_items
from docqa.app.batch.jobs import Outcome
from docqa.app.batch.progress import BatchProgress
from docqa.app.batch.workspace import Workspace
from docqa.app.errors import ResourceError

from ..conftest import Shout, attempts_of


class Deadly(Serial):
    """An executor whose process dies of each task as often as `deaths` says."""

    def __init__(self, work: Shout, deaths: int) -> None:
        super().__init__(work, lambda event: None)
        self._deaths = deaths

    def run(self, next_task: Next) -> Iterator[tuple[Task, Outcome]]:
        while self._deaths and (task := next_task()) is not None:
            self._deaths -= 1
            yield task, Outcome()
        yield from super().run(next_task)


@pytest.fixture
def folder(tmp_path) -> Path:
    """Five documents, two of them equal, one broken."""
    path = tmp_path / "docs"
    path.mkdir()
    for name, text in (("a", "one"), ("b", "two"), ("c", "one"), ("d", "broken"), ("e", "three")):
        (path / f"{name}.txt").write_text(text)
    return path


@pytest.fixture
def workspace(tmp_path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path / "out")
    with workspace.hold_lock():
        yield workspace


@pytest.fixture
def run(folder: Path, workspace: Workspace, shout: Shout) -> Callable[..., Tally]:
    """Function(executor, max_failures) that runs what is left of `folder`."""

    def run_left(executor: Serial | None = None, max_failures: int | None = None) -> Tally:
        tasks = list_items([str(folder)]).tasks(key_of(shout.identity()))
        left = [
            task
            for task in tasks
            if not workspace.is_done(task.key) and workspace.failure(task.key) is None
        ]
        progress = BatchProgress(len(left), 0, 1.0)
        with Ledger(workspace.root / "ledger.sqlite", "here") as ledger:
            ledger.begin({}, 1, 0.0, 0)
            runner = Runner(
                deque(left), workspace, ledger, lambda task, record: None, progress, max_failures
            )
            return runner.run(executor or Serial(shout, lambda event: None))

    return run_left


def test_every_content_is_done_once_and_a_broken_one_costs_only_itself(run, workspace, shout):
    tally = run()
    assert (tally.done, tally.failed, tally.left) == (3, 1, 0)
    assert sorted(shout.processed) == [b"broken", b"one", b"three", b"two"]
    again = run()
    assert (again.done, again.failed) == (0, 0)
    assert len(shout.processed) == 4
    assert sorted(outcome or "" for _, outcome in attempts_of(workspace.root)) == ["done"] * 3 + [
        "failed"
    ]


def test_too_many_failures_end_the_run_and_the_next_continues(run, folder):
    (folder / "a0.txt").write_text("also broken")
    tally = run(max_failures=0)
    assert tally.failed == 1
    assert tally.left == 3
    tally = run(max_failures=1)
    assert (tally.done, tally.failed, tally.left) == (2, 1, 0)


def test_an_error_that_all_would_share_ends_the_run(run, folder, workspace):
    (folder / "b2.txt").write_text("the disk is full")
    with pytest.raises(ResourceError, match="No space"):
        run()
    outcomes = [outcome for _, outcome in attempts_of(workspace.root)]
    assert outcomes == ["done", "done", "interrupted"]


def test_a_bug_that_one_document_brings_out_is_its_failure(run, folder, workspace, shout):
    (folder / "f.txt").write_text("a bug")
    assert run().failed == 2
    task = list_items([str(folder)]).tasks(key_of(shout.identity()))[-1]
    failure = workspace.failure(task.key)
    assert failure is not None
    assert "a bug in docqa" in failure.reason


def test_a_document_whose_process_dies_twice_is_a_failure(run, workspace, shout):
    tally = run(Deadly(shout, MAX_CRASHES - 1))
    assert (tally.done, tally.failed) == (3, 1)
    outcomes = [outcome for _, outcome in attempts_of(workspace.root)]
    assert outcomes.count("lost") == 1
    workspace.drop_all_except([])
    tally = run(Deadly(shout, MAX_CRASHES))
    assert (tally.done, tally.failed) == (2, 2)


class Slow:
    """A Worker that works on a task until another is begun, or there are no others."""

    def __init__(self, others: threading.Barrier) -> None:
        self._others = others

    def process(self, task: Task) -> Outcome:
        if task.key == "full":
            raise ResourceError("the disk is full")
        self._others.wait(60)
        return Outcome("{}")


def _tasks(*keys: str) -> Next:
    tasks = iter([Task(key, BatchItem(key, key, key), (key,)) for key in keys])
    return lambda: next(tasks, None)


def test_workers_have_a_task_each_at_the_same_time():
    workers = [Slow(threading.Barrier(2))] * 2
    outcomes = list(Workers(workers).run(_tasks("a", "b", "c", "d")))
    assert sorted(task.key for task, _ in outcomes) == ["a", "b", "c", "d"]


def test_an_error_of_a_worker_is_raised_where_the_run_is():
    with pytest.raises(ResourceError, match="the disk is full"):
        list(Workers([Slow(threading.Barrier(1))]).run(_tasks("a", "full", "b")))


def test_half_written_files_of_a_killed_process_are_swept(tmp_path):
    workspace = Workspace(tmp_path)
    with workspace.hold_lock():
        workspace.put_output_names(["sub/a.txt.md"])
        (tmp_path / "sub").mkdir()
        left = [
            tmp_path / "sub" / ".docqa-x1",
            workspace.folder / "records" / ".docqa-x2",
            tmp_path / ".docqa-x3",
        ]
        for path in left:
            path.write_text("half")
        workspace.remove_temporary_files()
    assert not any(path.exists() for path in left)
    assert workspace.output_names() == ["sub/a.txt.md"]
