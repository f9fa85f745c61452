"""Where units are done: in this process, in processes of this machine (`processes`), on a Ray cluster (`ray_actors`).

An executor never holds more units than it works on, so that what is not begun is there for other machines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from docqa.app.batch.items import Task
from docqa.app.batch.work import Job, Outcome, attempt, peak_bytes

if TYPE_CHECKING:
    from docqa.app.answer.events import Event


class Executor(Protocol):
    """Takes units while `free`, and gives back an Outcome for each, in the order they end."""

    @property
    def free(self) -> int:
        """How many units can be begun now."""

    @property
    def peak_bytes(self) -> int:
        """The most memory of each process of this machine that works, added up."""

    def submit(self, unit: Task) -> None:
        """Begin `unit`."""

    def wait(self, seconds: float) -> Outcome | None:
        """The next Outcome; None where none came in that time. A unit whose process died has an empty one."""

    def close(self) -> None:
        """Stop what is under way. Twice does nothing."""


class Serial:
    """One unit after the other, in this process; `told` gets the events of reading."""

    def __init__(self, work: Job, told: Callable[[Event], None]) -> None:
        self._work, self._told = work, told
        self._unit: Task | None = None
        self._peak = 0
        work.prepare()

    @property
    def free(self) -> int:
        return int(self._unit is None)

    @property
    def peak_bytes(self) -> int:
        return max(self._peak, peak_bytes())

    def submit(self, unit: Task) -> None:
        self._unit = unit

    def wait(self, seconds: float) -> Outcome | None:
        if self._unit is None:
            return None
        unit, self._unit = self._unit, None
        outcome = attempt(self._work, unit.key, unit.item, self._told)
        self._peak = max(self._peak, outcome.peak_bytes)
        return outcome

    def close(self) -> None:
        self._unit = None
