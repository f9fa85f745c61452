"""A batch from its paths to its account: listed, planned, run by the executor that was asked for, and learned from."""

from __future__ import annotations

import contextlib
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docqa.app import report
from docqa.app.batch.execution import ledger as account
from docqa.app.batch.execution.executors import Executor, Serial
from docqa.app.batch.execution.leases import Leases
from docqa.app.batch.execution.ledger import Ledger, Planned
from docqa.app.batch.execution.ray_actors import RayActors, password_refused
from docqa.app.batch.execution.runner import Monitor, Runner, Shared, Tally
from docqa.app.batch.items import Failure, Item, Listing, Task
from docqa.app.batch.jobs import identity_hash
from docqa.app.batch.names import LEDGER
from docqa.app.batch.planning import BatchPlan, Planner, signal_raises
from docqa.app.batch.protocol import Job
from docqa.app.batch.speeds import Speeds, load_speeds, save_speeds
from docqa.app.batch.workspace import Workspace
from docqa.app.errors import ResourceError, UsageError
from docqa.model.cost.machine import available_bytes, processors

if TYPE_CHECKING:
    from docqa.app.options import Options
    from docqa.app.storage.store import Store


@dataclass(frozen=True)
class Settings:
    """How a batch is run. `ray`: the address of a cluster, or `local`; `max_failures`: more of them end the run."""

    jobs: int = 1
    retry_failed: bool = False
    max_failures: int | None = None
    ray: str | None = None


class Batch:
    """The documents of `listing` under one job, in a workspace. `options` are those that the job reads with.

    Raises UsageError for a password that would go to a cluster.
    """

    def __init__(self, job: Job, options: Options, listing: Listing, workspace: Workspace, settings: Settings) -> None:
        from docqa.app.session.engine import open_store

        if settings.ray is not None and options.password:
            raise password_refused()
        self.options, self.listing, self.workspace, self.settings = options, listing, workspace, settings
        self.store: Store | None = open_store(options) if options.store else None
        self._identity = job.identity()  # once: it hashes the model
        self.job_key = identity_hash(self._identity)
        self.tasks = listing.tasks(self.job_key, by_name=job.by_name)
        self.task_of = {path: task for task in self.tasks for path in task.paths}
        self._job = job

    # Planning

    def reuse(self) -> Iterator[Task]:
        """Take what earlier runs kept outside the workspace of the tasks that are left; gives those, now done."""
        self.workspace.create()
        for task in self.left():
            record = self._job.kept_record(task.item)
            if record is not None:
                self.workspace.put_record(task.key, record)
                yield task

    def left(self) -> list[Task]:
        """The tasks that a run would do now."""
        return [task for task in self.tasks if not self.workspace.is_done(task.key) and not self._stands(task)]

    def failure(self, item: Item) -> Failure | None:
        """Why `item` has no record; None where it has one, or was not tried."""
        return item.failure or self.workspace.failure(self.task_of[item.path].key)

    def is_done(self, item: Item) -> bool:
        """Whether `item` has a record."""
        return item.digest is not None and self.workspace.is_done(self.task_of[item.path].key)

    def record(self, item: Item) -> str:
        """The record of `item`. Raises FileNotFoundError where it is not done."""
        return self.workspace.record(self.task_of[item.path].key)

    def plan(self, *, probe: bool = False) -> BatchPlan:
        """Of what is left, with as many jobs as fit the memory that is free; `probe` as of `Planner.plan`."""
        left = self.left()
        plan = self._planner(self.settings.jobs).plan(left, self.settings.jobs, probe=probe)
        if self.settings.ray is not None:
            return plan
        one = max(plan.memory_bytes // max(plan.jobs, 1), 1)
        fitting = max(1, min(plan.jobs, available_bytes() // one))
        return plan if fitting == plan.jobs else self._planner(fitting).plan(left, fitting, probe=probe)

    # Running

    def run(self, plan: BatchPlan, keep: Callable[[Task, str], None], monitor: Monitor) -> Tally:
        """Do what is left by `plan`. `keep` writes what users see of a record.

        Raises ResourceError for what would fail for every document, UsageError where others do another job here,
        KeyboardInterrupt (SIGTERM too) after what was done is kept.
        """
        self.workspace.create()
        machine = f"{socket.gethostname()}, {processors()} cores"
        try:
            with (
                Leases(self.workspace.folder, self.job_key) as leases,
                Ledger(self.workspace.root / LEDGER, leases.owner, machine) as ledger,
                signal_raises(signal.SIGTERM, KeyboardInterrupt),  # as Ctrl+C: what was done is kept
            ):
                self._check_others(leases)
                ledger.settle(leases.is_alive, self._outcome)
                for task in self.tasks:
                    if self.workspace.has_failed(task.key) and not self._stands(task):
                        self.workspace.clear_failure(task.key)
                ledger.put_items(self._planned(plan))
                ledger.begin({"name": self._job.name, **self._identity}, plan.jobs, plan.seconds, plan.memory_bytes)
                return self._run(plan, Shared(self.workspace, leases, ledger), keep, monitor)
        except sqlite3.Error as error:
            raise ResourceError(
                f"the ledger cannot be written ({error})", where=str(self.workspace.root / LEDGER),
                hint=account.remedy(error),
            ) from error  # fmt: skip

    def clean(self) -> bool:
        """Drop what no document of this batch needs any more; False, and nothing, while other processes work here."""
        with Leases(self.workspace.folder, self.job_key) as leases:
            if leases.others():
                return False
            leases.sweep()
            self.workspace.sweep()
            self.workspace.keep_only(task.key for task in self.tasks)
            return True

    def _run(self, plan: BatchPlan, shared: Shared, keep: Callable[[Task, str], None], monitor: Monitor) -> Tally:
        started = time.monotonic()
        left = self.left()
        tally = Tally()
        code = report.BUG
        try:
            if left:
                with contextlib.closing(self._executor(plan.jobs, monitor)) as executor:
                    runner = Runner(
                        left, lambda task: plan.tasks[task.key].seconds if task.key in plan.tasks else 0.0,
                        shared, executor, keep, monitor, self.settings.max_failures,
                    )  # fmt: skip
                    tally = runner.run()
                    tally.peak_bytes = executor.peak_bytes
            shared.ledger.settle(shared.leases.is_alive, self._outcome)  # others may have died meanwhile
            failed = any(self.failure(item) is not None for item in self.listing.items)
            code = report.BATCH_FAILURES if failed else report.ANSWERED
        except BaseException as error:
            code = report.exit_code(error)
            raise
        finally:
            tally.seconds = time.monotonic() - started
            shared.ledger.end(code, round(tally.seconds, 3), tally.peak_bytes)
        self._learn(plan, tally)
        return tally

    def _executor(self, jobs: int, monitor: Monitor) -> Executor:
        if jobs == 1 and self.settings.ray is None:
            return Serial(self._job, monitor.on_event)
        threads = self.options.threads or max(processors() // jobs, 1)
        if self.settings.ray is not None:
            return RayActors(self._job, jobs, threads, self.settings.ray)
        from docqa.app.batch.execution.processes import Processes

        return Processes(self._job, jobs, threads)

    # Parts

    def _stands(self, task: Task) -> bool:
        """Whether a failure of `task` is left alone. One for a missing password is not, when there is one now."""
        failure = self.workspace.failure(task.key)
        if failure is None or self.settings.retry_failed:
            return False
        return not (failure.kind == "Encrypted" and self.options.password)

    def _outcome(self, key: str) -> str | None:
        if self.workspace.is_done(key):
            return account.DONE
        return account.FAILED if self.workspace.has_failed(key) else None

    def _check_others(self, leases: Leases) -> None:
        different = [owner for owner, job in leases.others().items() if job != self.job_key]
        if different:
            raise UsageError(
                f"another docqa process ({different[0]}) works in this folder with another style, model or version",
                where=str(self.workspace.root), hint="wait until it ends, or choose another folder",
            )  # fmt: skip

    def _planned(self, plan: BatchPlan) -> Iterator[Planned]:
        for item in self.listing.items:
            failure = self.failure(item)
            task = self.task_of.get(item.path)
            planned = plan.tasks.get(task.key) if task else None
            state = account.FAILED if failure else "planned" if planned else account.DONE
            yield Planned(
                item.path, task.key if task else None, item.digest, item.bytes, planned.tokens if planned else 0,
                round(planned.seconds, 3) if planned else 0.0, state, failure.reason if failure else None,
            )  # fmt: skip

    def _planner(self, jobs: int) -> Planner:
        known = load_speeds(self.store.root, self._speeds_key(jobs)) if self.store is not None else Speeds()
        return Planner(self.options, self.store, known)

    def _speeds_key(self, jobs: int) -> str:
        where = "ray" if self.settings.ray is not None else "here"
        model = str(self._identity.get("model", ""))[:16]
        return f"{self._job.name} {model} jobs={jobs} threads={self.options.threads} {where}"

    def _learn(self, plan: BatchPlan, tally: Tally) -> None:
        """Keep what this run took, for the estimate of the next."""
        measured = [(task, outcome) for task, outcome in tally.outcomes if outcome.failure is None]
        if self.store is None or not measured:
            return
        key = self._speeds_key(plan.jobs)
        speeds = load_speeds(self.store.root, key)
        speeds.age()
        for task, outcome in measured:
            planned = plan.tasks.get(task.key)
            if planned is not None:
                reading_s = None if planned.kept_text else outcome.reading_s
                work_s = outcome.seconds - outcome.reading_s
                item = task.item
                speeds.learn(item.suffix, item.bytes, outcome.tokens, reading_s, work_s, kept=planned.kept_state)
        busy = sum(outcome.seconds for _, outcome in tally.outcomes) / plan.jobs
        speeds.startup.add(1.0, max(tally.seconds - busy, 0.0))
        if tally.peak_bytes:
            longest = max(outcome.tokens for _, outcome in measured)
            raw = self._planner(plan.jobs).raw_memory(longest, plan.jobs, len(measured))
            speeds.memory.add(1.0, tally.peak_bytes / raw)
        with contextlib.suppress(OSError):  # the next estimate is worse, nothing else
            save_speeds(self.store.root, key, speeds)
