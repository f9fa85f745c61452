"""The loop of a batch: has tasks done, keeps what comes of them, tries again where a process
died.
"""

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from docqa.app.errors import ResourceError

from ..items import Failure, Task
from ..jobs import Outcome
from ..progress import BatchProgress
from ..workspace import Workspace
from . import ledger as account
from .executors import Executor
from .ledger import Ledger

MAX_CRASHES = 2
"""How often a task's process may die before it is a failure."""
_DIED = Failure(
    "WorkerDied",
    f"its process died {MAX_CRASHES} times, out of memory or by a fault",
    "Use fewer --jobs or split the file, then --retry-failed",
)


@dataclass
class Tally:
    """What a run did. `left`: not begun, over the failures allowed; `peak_bytes`: of processes
    here. Mutable.
    """

    done: int = 0
    failed: int = 0
    left: int = 0
    seconds: float = 0.0
    peak_bytes: int = 0


@dataclass
class Runner:
    """Settles `waiting` tasks, once. `keep` writes what users see of a record; more than
    `max_failures` end it. Mutable."""

    waiting: deque[Task]
    workspace: Workspace
    ledger: Ledger
    keep: Callable[[Task, str], None]
    progress: BatchProgress
    max_failures: int | None = None
    tally: Tally = field(default_factory=Tally)
    begun: dict[str, tuple[Task, float]] = field(default_factory=dict)
    deaths: Counter[str] = field(default_factory=Counter)

    def run(self, executor: Executor) -> Tally:
        """Returns when nothing is left, or there are too many failures. Raises ResourceError for
        what would fail for every task; what was done is kept."""
        try:
            for task, outcome in executor.run(self._next_task):
                self._take_outcome(task, outcome)
        finally:
            for begun in self.begun.values():
                self.ledger.add(*begun, account.INTERRUPTED)
        self.tally.left = len(self.waiting)
        self.tally.peak_bytes = executor.peak_bytes
        return self.tally

    def _next_task(self) -> Task | None:
        over_budget = self.max_failures is not None and self.tally.failed > self.max_failures
        if over_budget or not self.waiting:
            return None
        task = self.waiting.popleft()
        self.begun[task.key] = task, time.time()
        self.progress.on_task_started(task)
        return task

    def _take_outcome(self, task: Task, outcome: Outcome) -> None:
        if outcome.fatal is not None:
            raise ResourceError(outcome.fatal)
        attempt_begun = self.begun.pop(task.key)
        failure = outcome.failure
        if outcome.record is None and not failure:
            self.deaths[task.key] += 1
            if self.deaths[task.key] < MAX_CRASHES:
                self.ledger.add(*attempt_begun, account.LOST, reason="its process died")
                self.waiting.appendleft(task)
                return
            failure = _DIED
        if failure:
            self.workspace.put_failure(task.key, failure)
            self.ledger.add(
                *attempt_begun, account.FAILED, outcome, f"{failure.kind}: {failure.reason}"
            )
            self.tally.failed += 1
        elif outcome.record is not None:
            self.workspace.put_record(task.key, outcome.record)
            self.keep(task, outcome.record)
            self.ledger.add(*attempt_begun, account.DONE, outcome)
            self.tally.done += 1
        self.progress.on_task_ended(task, failure)
