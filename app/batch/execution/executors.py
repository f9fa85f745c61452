"""Where tasks are done: in this process, or by workers: processes of this machine, actors of a Ray cluster."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from docqa.app.batch.attempt import Outcome, attempt, peak_bytes
from docqa.app.batch.items import Task

if TYPE_CHECKING:
    from docqa.app.answer.events import Event
    from docqa.app.batch.jobs import Job

POLL_S = 0.5
"""How often a wait looks for Ctrl+C, which does not end one on Windows."""
Next = Callable[[], Task | None]
"""Gives the next task to begin, None where there is none now."""


class Serial:
    """One task after the other, in this process; `on_event` gets the events of reading."""

    def __init__(self, job: Job, on_event: Callable[[Event], None]) -> None:
        self._job, self._on_event = job, on_event
        job.prepare()

    def run(self, next_task: Next) -> Iterator[tuple[Task, Outcome]]:
        while (task := next_task()) is not None:
            yield task, attempt(self._job, task.item, self._on_event)

    @property
    def peak_bytes(self) -> int:
        return peak_bytes()

    def close(self) -> None:
        pass


class Worker(Protocol):
    """Does one task at a time, somewhere else. `peak_bytes`: the most memory it held, 0 where that is not of here."""

    peak_bytes: int

    def process(self, task: Task) -> Outcome:
        """The Outcome of `task`; an empty one where the worker died of it, and another took its place."""

    def stop(self) -> None:
        """Have it end, whatever it does."""

    def join(self) -> None:
        """Wait until it has ended."""


class Workers:
    """As many tasks at once as there are `workers`."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers

    def run(self, next_task: Next) -> Iterator[tuple[Task, Outcome]]:
        """Each task with its Outcome, in the order they end; takes no more of them than are worked on.

        Raises what a worker raises.
        """
        ended: queue.SimpleQueue[tuple[Worker, Task, Outcome | Exception]] = queue.SimpleQueue()

        def process(worker: Worker, task: Task) -> None:
            try:
                ended.put((worker, task, worker.process(task)))
            except Exception as error:  # noqa: BLE001 - raised again below, in the thread that asked
                ended.put((worker, task, error))

        idle = list(self._workers)
        while True:
            while idle and (task := next_task()) is not None:
                threading.Thread(target=process, args=(idle.pop(), task), daemon=True).start()
            if len(idle) == len(self._workers):
                return
            try:
                worker, task, outcome = ended.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if isinstance(outcome, Exception):
                raise outcome
            idle.append(worker)
            yield task, outcome

    @property
    def peak_bytes(self) -> int:
        """The most memory of each process of this machine, added up; 0 where the workers are elsewhere."""
        theirs = sum(worker.peak_bytes for worker in self._workers)
        return peak_bytes() + theirs if theirs else 0

    def close(self) -> None:
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.join()


Executor = Serial | Workers
