"""A batch: listed, planned, and run by the executor that was asked for."""

import contextlib
import signal
import socket
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from docqa.app.errors import ResourceError, UsageError
from docqa.app.storage.store import key_of
from docqa.model.cost.machine import available_memory_bytes, processor_count

from .execution.executors import Executor, Serial, process_workers
from .execution.ledger import Ledger
from .execution.ray_actors import ray_workers
from .execution.runner import Runner, Tally
from .items import BatchItem, Failure, Listing, Task
from .jobs import Job
from .names import LEDGER
from .planning import BatchPlan, plan_tasks
from .progress import BatchProgress
from .workspace import Workspace


@dataclass(frozen=True)
class BatchSettings:
    """`ray`: the address of a cluster, or `local`; `max_failures`: more of them end the run."""

    jobs: int = 1
    retry_failed: bool = False
    max_failures: int | None = None
    ray: str | None = None


@dataclass
class Batch:
    """The documents of `listing` under one job, in a workspace that is locked while it is written.
    Raises UsageError for a password that would go to a cluster."""

    job: Job
    listing: Listing
    workspace: Workspace
    settings: BatchSettings

    def __post_init__(self) -> None:
        self.options = self.job.options
        if self.settings.ray is not None and self.options.password:
            raise UsageError(
                "a password is not sent to a Ray cluster, where it would travel unencrypted",
                where="--password-file",
                hint="run without --ray (--jobs N works here), or save the documents without a password first",
            )
        self._identity = self.job.identity()  # once: it hashes the model
        self.tasks = self.listing.tasks(key_of(self._identity), by_name=self.job.by_name)
        self.task_of = {path: task for task in self.tasks for path in task.paths}

    def tasks_left(self) -> list[Task]:
        """The tasks that a run would do now."""
        left = [task for task in self.tasks if not self.workspace.is_done(task.key)]
        if self.settings.retry_failed:
            return left
        failures = [(task, self.workspace.failure(task.key)) for task in left]
        # A failure for a missing password is not left alone when there is one now.
        again = "Encrypted" if self.options.password else None
        return [task for task, failure in failures if not failure or failure.kind == again]

    def failure(self, item: BatchItem) -> Failure | None:
        """Why `item` has no record; None where it has one, or was not tried."""
        return item.failure or self.workspace.failure(self.task_of[item.path].key)

    @property
    def failed_count(self) -> int:
        """How many documents failed."""
        return sum(self.failure(item) is not None for item in self.listing.items)

    def is_done(self, item: BatchItem) -> bool:
        return item.digest is not None and self.workspace.is_done(self.task_of[item.path].key)

    def record(self, item: BatchItem) -> str:
        """Raises FileNotFoundError where `item` is not done."""
        return self.workspace.record(self.task_of[item.path].key)

    def reuse_stored_records(self) -> Iterator[Task]:
        """Take over what earlier runs kept elsewhere of the tasks that are left; yields those, now
        done.
        """
        for task in self.tasks_left():
            record = self.job.kept_record(task.item)
            if record is not None:
                self.workspace.put_record(task.key, record)
                yield task

    def make_plan(self) -> BatchPlan:
        """Of what is left, with as many jobs as fit the free memory."""
        left = self.tasks_left()
        jobs = self.settings.jobs
        plan = plan_tasks(left, jobs, self.options)
        if self.settings.ray is not None:
            return plan
        fitting = max(1, min(jobs, available_memory_bytes() // max(plan.memory_bytes // jobs, 1)))
        return plan if fitting == jobs else plan_tasks(left, fitting, self.options)

    def run(
        self, plan: BatchPlan, keep: Callable[[Task, str], None], progress: BatchProgress
    ) -> Tally:
        """Do what is left by `plan`; `keep` writes what users see of a record. Raises ResourceError
        for what would fail for every document, KeyboardInterrupt (SIGTERM too); what is done is
        kept."""
        path = self.workspace.root / LEDGER
        try:
            with (
                Ledger(path, f"{socket.gethostname()}, {processor_count()} cores") as ledger,
                _sigterm_interrupts(),
            ):
                left = self.tasks_left()
                for task in left:
                    self.workspace.clear_failure(task.key)
                ledger.begin(
                    {"name": self.job.name, **self._identity},
                    plan.jobs,
                    plan.seconds,
                    plan.memory_bytes,
                )
                runner = Runner(
                    deque(left), self.workspace, ledger, keep, progress, self.settings.max_failures
                )
                started = time.monotonic()
                try:
                    if left:
                        with contextlib.closing(
                            self._make_executor(plan.jobs, progress)
                        ) as executor:
                            runner.run(executor)
                finally:
                    runner.tally.seconds = time.monotonic() - started
                    ledger.end(runner.tally.seconds, runner.tally.peak_bytes)
        except sqlite3.Error as error:
            raise ResourceError(
                f"the ledger cannot be written ({error})",
                where=str(path),
                hint="make room on that disk, or move the file away: no work is lost with it",
            ) from error
        return runner.tally

    def drop_stale_files(self) -> None:
        self.workspace.remove_temporary_files()
        self.workspace.drop_all_except(task.key for task in self.tasks)

    def _make_executor(self, jobs: int, progress: BatchProgress) -> Executor:
        if jobs == 1 and self.settings.ray is None:
            return Serial(self.job, progress.on_event)
        threads = self.options.threads or max(processor_count() // jobs, 1)
        if self.settings.ray is not None:
            return ray_workers(self.job, jobs, threads, self.settings.ray)
        return process_workers(self.job, jobs, threads)


@contextlib.contextmanager
def _sigterm_interrupts() -> Iterator[None]:
    """In the block SIGTERM is as Ctrl+C. Main thread only."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
