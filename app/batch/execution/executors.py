"""Where tasks are done: in this process, in processes of this machine (`processes`), on a Ray cluster (`ray_actors`).

An executor takes no more tasks than it works on, so that what is not begun is there for other machines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from docqa.app.batch.attempt import Outcome, attempt, peak_bytes
from docqa.app.batch.items import Task
from docqa.app.batch.protocol import Job

if TYPE_CHECKING:
    from docqa.app.answer.events import Event


class Executor(Protocol):
    """Takes tasks while `free`, and gives back an Outcome for each, in the order they end."""

    @property
    def free(self) -> int:
        """How many tasks can be begun now."""

    @property
    def peak_bytes(self) -> int:
        """The most memory of each process of this machine that works, added up."""

    def submit(self, task: Task) -> None:
        """Begin `task`."""

    def wait(self, seconds: float) -> Outcome | None:
        """The next Outcome; None where none came in that time. A task whose process died has an empty one."""

    def close(self) -> None:
        """Stop what is under way. Twice does nothing."""


class Serial:
    """One task after the other, in this process; `on_event` gets the events of reading."""

    def __init__(self, job: Job, on_event: Callable[[Event], None]) -> None:
        self._job, self._on_event = job, on_event
        self._task: Task | None = None
        self._peak = 0
        job.prepare()

    @property
    def free(self) -> int:
        return int(self._task is None)

    @property
    def peak_bytes(self) -> int:
        return max(self._peak, peak_bytes())

    def submit(self, task: Task) -> None:
        self._task = task

    def wait(self, seconds: float) -> Outcome | None:
        if self._task is None:
            return None
        task, self._task = self._task, None
        outcome = attempt(self._job, task.key, task.item, self._on_event)
        self._peak = max(self._peak, outcome.peak_bytes)
        return outcome

    def close(self) -> None:
        self._task = None
