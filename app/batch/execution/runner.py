"""The loop of a batch: claims units, has them done, keeps what comes of them, and takes over what others dropped."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from docqa.app.batch.execution import ledger as account
from docqa.app.batch.execution.executors import Executor
from docqa.app.batch.execution.leases import Leases
from docqa.app.batch.execution.ledger import Ledger
from docqa.app.batch.items import Failure, Task
from docqa.app.batch.work import Outcome
from docqa.app.batch.workspace import Workspace
from docqa.app.errors import ResourceError

POLL_S = 0.5
"""How often a process without work of its own looks whether others are done, or gone."""
MAX_CRASHES = 2
"""How often a unit may cost its process the life before it is a failure."""
_DIED = Failure(
    "WorkerDied",
    f"its process died {MAX_CRASHES} times, for want of memory or by a fault",
    "Use fewer --jobs or split the file, then --retry-failed",
)


class Monitor(Protocol):
    """Who is told how a run goes on."""

    def started(self, unit: Task) -> None: ...

    def ended(self, unit: Task, outcome: Outcome | None) -> None:
        """A unit is settled; None: by another process."""


@dataclass
class Tally:
    """What a run did. `elsewhere`: units that other processes settled meanwhile; `left`: not begun, over the budget."""

    done: int = 0
    failed: int = 0
    elsewhere: int = 0
    left: int = 0
    outcomes: list[tuple[Task, Outcome]] = field(default_factory=list)


@dataclass
class Shared:
    """What processes of one batch share."""

    workspace: Workspace
    leases: Leases
    ledger: Ledger


class Runner:
    """Settles `units`, once. `keep` writes what users see of a record; `max_failures` in this run end it."""

    def __init__(
        self,
        units: Iterable[Task],
        planned_seconds: Callable[[Task], float],
        shared: Shared,
        executor: Executor,
        keep: Callable[[Task, str], None],
        monitor: Monitor,
        max_failures: int | None = None,
    ) -> None:
        self._waiting = deque(units)
        self._elsewhere: deque[Task] = deque()
        self._running: dict[str, tuple[Task, int]] = {}
        self._deaths: dict[str, int] = {}
        self._planned_seconds, self._shared, self._executor = planned_seconds, shared, executor
        self._keep, self._monitor, self._max_failures = keep, monitor, max_failures
        self.tally = Tally()

    def run(self) -> Tally:
        """Returns when nothing is left, or the budget of failures is used up.

        Raises ResourceError for what would fail for every unit. Whatever ends it, what was done is kept, and what was
        under way is free for others.
        """
        try:
            while True:
                self._begin()
                if self._running:
                    outcome = self._executor.wait(POLL_S)
                    if outcome is not None:
                        self._take(outcome)
                elif self._over_budget or not self._elsewhere:
                    break
                else:
                    time.sleep(POLL_S)
                    self._waiting, self._elsewhere = self._elsewhere, deque()
        finally:
            self._drop_running()
        self.tally.left = len(self._waiting) + len(self._elsewhere)
        return self.tally

    @property
    def _over_budget(self) -> bool:
        return self._max_failures is not None and self.tally.failed > self._max_failures

    def _begin(self) -> None:
        """Claim units and hand them over while there is room."""
        while self._waiting and self._executor.free and not self._over_budget:
            unit = self._waiting.popleft()
            if not self._shared.workspace.settled(unit.key):
                if not self._shared.leases.claim(unit.key):
                    self._elsewhere.append(unit)
                    continue
                # Another may have settled it, and given the lease back, since the look above.
                if not self._shared.workspace.settled(unit.key):
                    number = self._shared.ledger.start(unit.key, unit.item.path, self._planned_seconds(unit))
                    self._running[unit.key] = (unit, number)
                    self._monitor.started(unit)
                    self._executor.submit(unit)
                    continue
                self._shared.leases.release(unit.key)
            self.tally.elsewhere += 1
            self._monitor.ended(unit, None)

    def _take(self, outcome: Outcome) -> None:
        if outcome.fatal is not None:
            raise ResourceError(outcome.fatal[0])
        unit, number = self._running.pop(outcome.key)
        if outcome.record is None and outcome.failure is None:
            self._died(unit, number)
            return
        if not self._shared.leases.holds(unit.key):
            self._close(number, account.SUPERSEDED, outcome)
            self._elsewhere.append(unit)
        elif outcome.record is not None:
            self._shared.workspace.put_record(unit.key, outcome.record)
            self._keep(unit, outcome.record)
            self._close(number, account.DONE, outcome)
            self.tally.done += 1
            self._settled(unit, outcome)
        elif outcome.failure is not None:
            self._fail(unit, number, outcome, outcome.failure)
        self._shared.leases.release(unit.key)

    def _fail(self, unit: Task, number: int, outcome: Outcome, failure: Failure) -> None:
        self._shared.workspace.put_failure(unit.key, failure)
        self._close(number, account.FAILED, outcome, f"{failure.kind}: {failure.reason}")
        self.tally.failed += 1
        self._settled(unit, outcome)

    def _died(self, unit: Task, number: int) -> None:
        """Try again what cost its process the life, until it did so too often."""
        self._deaths[unit.key] = self._deaths.get(unit.key, 0) + 1
        if self._deaths[unit.key] >= MAX_CRASHES:
            self._fail(unit, number, Outcome(unit.key, failure=_DIED), _DIED)
        else:
            self._shared.ledger.finish(number, account.LOST, reason="its process died")
            self._waiting.appendleft(unit)
        self._shared.leases.release(unit.key)

    def _settled(self, unit: Task, outcome: Outcome) -> None:
        # The record is on disk: a run over many documents must not hold them all.
        light = Outcome(
            unit.key, None, outcome.failure, None, outcome.seconds, outcome.reading_s, outcome.tokens,
            outcome.peak_bytes, outcome.machine,
        )  # fmt: skip
        self.tally.outcomes.append((unit, light))
        self._monitor.ended(unit, light)

    def _close(self, number: int, outcome: str, measured: Outcome, reason: str | None = None) -> None:
        self._shared.ledger.finish(
            number, outcome, seconds=round(measured.seconds, 3), peak_bytes=measured.peak_bytes,
            tokens=measured.tokens, reason=reason, machine=measured.machine,
        )  # fmt: skip

    def _drop_running(self) -> None:
        for unit, number in self._running.values():
            self._shared.ledger.finish(number, account.INTERRUPTED)
            self._shared.leases.release(unit.key)
        self._running = {}
