"""The loop of a batch: claims tasks, has them done, keeps what comes of them, and takes over what others dropped."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from docqa.app.batch.attempt import Outcome
from docqa.app.batch.execution import ledger as account
from docqa.app.batch.execution.executors import Executor
from docqa.app.batch.execution.leases import Leases
from docqa.app.batch.execution.ledger import Ledger
from docqa.app.batch.items import Failure, Task
from docqa.app.batch.workspace import Workspace
from docqa.app.errors import ResourceError

if TYPE_CHECKING:
    from docqa.app.answer.events import Event

POLL_S = 0.5
"""How often a process that has nothing to do looks whether others are done, or gone."""
MAX_CRASHES = 2
"""How often a task may cost its process the life before it is a failure."""
_DIED = Failure(
    "WorkerDied",
    f"its process died {MAX_CRASHES} times, out of memory or by a fault",
    "Use fewer --jobs or split the file, then --retry-failed",
)


class Monitor(Protocol):
    """Shows how a run goes on."""

    def started(self, task: Task) -> None: ...

    def ended(self, task: Task, outcome: Outcome | None) -> None:
        """A task is settled; None: by another process."""

    def on_event(self, event: Event) -> None:
        """Something happened while a document was read in this process."""


@dataclass
class Tally:
    """What a run did. `elsewhere`: tasks that other processes settled meanwhile; `left`: not begun, over the budget.

    `peak_bytes`: the most memory of its processes here, 0 if they were elsewhere.
    """

    done: int = 0
    failed: int = 0
    elsewhere: int = 0
    left: int = 0
    seconds: float = 0.0
    peak_bytes: int = 0
    outcomes: list[tuple[Task, Outcome]] = field(default_factory=list)


@dataclass
class Shared:
    """What processes of one batch share."""

    workspace: Workspace
    leases: Leases
    ledger: Ledger


class Runner:
    """Settles `tasks`, once. `keep` writes what users see of a record; `max_failures` in this run end it."""

    def __init__(
        self, tasks: Iterable[Task], planned_seconds: Callable[[Task], float], shared: Shared, executor: Executor,
        keep: Callable[[Task, str], None], monitor: Monitor, max_failures: int | None = None,
    ) -> None:  # fmt: skip
        self._waiting = deque(tasks)
        self._elsewhere: deque[Task] = deque()
        self._running: dict[str, tuple[Task, int]] = {}
        self._deaths: dict[str, int] = {}
        self._planned_seconds, self._shared, self._executor = planned_seconds, shared, executor
        self._keep, self._monitor, self._max_failures = keep, monitor, max_failures
        self.tally = Tally()

    def run(self) -> Tally:
        """Returns when nothing is left, or the budget of failures is used up.

        Raises ResourceError for what would fail for every task. Whatever ends it, what was done is kept, and what was
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
        """Claim tasks and hand them over while there is room."""
        while self._waiting and self._executor.free and not self._over_budget:
            task = self._waiting.popleft()
            if not self._shared.workspace.settled(task.key):
                if not self._shared.leases.claim(task.key):
                    self._elsewhere.append(task)
                    continue
                # Another process may have settled it, and released the lease, since the look above.
                if not self._shared.workspace.settled(task.key):
                    number = self._shared.ledger.start(task.key, task.item.path, self._planned_seconds(task))
                    self._running[task.key] = (task, number)
                    self._monitor.started(task)
                    self._executor.submit(task)
                    continue
                self._shared.leases.release(task.key)
            self.tally.elsewhere += 1
            self._monitor.ended(task, None)

    def _take(self, outcome: Outcome) -> None:
        if outcome.fatal is not None:
            raise ResourceError(outcome.fatal[0])
        task, number = self._running.pop(outcome.key)
        if outcome.record is None and outcome.failure is None:
            self._died(task, number)
            return
        if not self._shared.leases.has(task.key):
            self._close(number, account.SUPERSEDED, outcome)
            self._elsewhere.append(task)
        elif outcome.record is not None:
            self._shared.workspace.put_record(task.key, outcome.record)
            self._keep(task, outcome.record)
            self._close(number, account.DONE, outcome)
            self.tally.done += 1
            self._settled(task, outcome)
        elif outcome.failure is not None:
            self._fail(task, number, outcome, outcome.failure)
        self._shared.leases.release(task.key)

    def _fail(self, task: Task, number: int, outcome: Outcome, failure: Failure) -> None:
        self._shared.workspace.put_failure(task.key, failure)
        self._close(number, account.FAILED, outcome, f"{failure.kind}: {failure.reason}")
        self.tally.failed += 1
        self._settled(task, outcome)

    def _died(self, task: Task, number: int) -> None:
        """Try again what cost its process the life, until it did so too often."""
        self._deaths[task.key] = self._deaths.get(task.key, 0) + 1
        if self._deaths[task.key] >= MAX_CRASHES:
            self._fail(task, number, Outcome(task.key, failure=_DIED), _DIED)
        else:
            self._shared.ledger.finish(number, account.LOST, reason="its process died")
            self._waiting.appendleft(task)
        self._shared.leases.release(task.key)

    def _settled(self, task: Task, outcome: Outcome) -> None:
        # The record is on disk: a run over many documents must not keep them all in memory.
        outcome = replace(outcome, record=None)
        self.tally.outcomes.append((task, outcome))
        self._monitor.ended(task, outcome)

    def _close(self, number: int, outcome: str, measured: Outcome, reason: str | None = None) -> None:
        self._shared.ledger.finish(
            number, outcome, seconds=round(measured.seconds, 3), peak_bytes=measured.peak_bytes,
            tokens=measured.tokens, reason=reason, machine=measured.machine,
        )  # fmt: skip

    def _drop_running(self) -> None:
        for task, number in self._running.values():
            self._shared.ledger.finish(number, account.INTERRUPTED)
            self._shared.leases.release(task.key)
        self._running = {}
