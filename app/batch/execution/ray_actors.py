"""Tasks done by the actors of a Ray cluster, each with a model of its own (extra `ray`).

An actor works on one task at a time, and what is not begun stays with the runner: that is the back-pressure. Documents
are read by the actors themselves, so their folder must be at the same path on every machine. Only lines of JSON travel,
readable for whoever sees the cluster's traffic or its logs: a password never does.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from types import ModuleType
from typing import Any

from docqa.app.batch.attempt import Outcome, attempt, prepare
from docqa.app.batch.items import Failure, Item, Task
from docqa.app.batch.jobs import make_job
from docqa.app.batch.protocol import Job
from docqa.app.errors import ResourceError, UsageError


@dataclass
class _Actor:
    """Ray's handle of a `_JobActor`, and what that works on: `pending` is Ray's reference to the outcome of `task`."""

    handle: Any
    task: Task | None = None
    pending: object = None


class RayActors:
    """An Executor of `jobs` actors with `threads` processors each; `address`: `local`, or that of a cluster.

    Raises ResourceError where Ray is not installed, or the cluster fails; UsageError for options with a password.
    """

    def __init__(self, job: Job, jobs: int, threads: int, address: str) -> None:
        self._spec = json.dumps(job.spec(threads))
        if job.spec()["options"].get("password"):
            raise password_refused()
        self._threads, self._address = threads, address
        self._ray = _connect(address, jobs * threads)
        self._actors = [_Actor(handle) for handle in self._start(jobs)]

    @property
    def free(self) -> int:
        return sum(actor.task is None for actor in self._actors)

    @property
    def peak_bytes(self) -> int:
        return 0  # the actors' memory is that of other machines; each attempt has its own in the ledger

    def submit(self, task: Task) -> None:
        actor = next(actor for actor in self._actors if actor.task is None)
        with self._cluster_errors():
            actor.pending = actor.handle.process.remote(task.key, json.dumps(asdict(task.item)))
        actor.task = task

    def wait(self, seconds: float) -> Outcome | None:
        pending = [actor.pending for actor in self._actors if actor.task is not None]
        with self._cluster_errors():
            ready, _ = self._ray.wait(pending, num_returns=1, timeout=seconds) if pending else ([], [])
        if not ready:
            return None
        actor = next(actor for actor in self._actors if actor.task is not None and actor.pending == ready[0])
        task, actor.task = actor.task, None
        assert task is not None
        try:
            return Outcome.from_json(self._ray.get(ready[0]))
        except self._ray.exceptions.RayActorError:
            (actor.handle,) = self._start(1)
            return Outcome(task.key)
        except self._ray.exceptions.RayError as error:  # the actor lives: this task alone is lost
            failure = Failure(type(error).__name__, f"Ray failed: {_line(error)}", "--retry-failed tries it again")
            return Outcome(task.key, failure=failure)

    def close(self) -> None:
        with contextlib.suppress(self._ray.exceptions.RayError, *_CONNECTION_ERRORS):  # it may be gone already
            for actor in self._actors:
                self._ray.kill(actor.handle)
            self._ray.shutdown()
        self._actors = []

    def _start(self, count: int) -> list[Any]:
        """Handles of new actors, their models loaded: one that cannot start is not the fault of a document."""
        environment = {"env_vars": {"OMP_NUM_THREADS": str(self._threads)}}
        with self._cluster_errors():
            remote = self._ray.remote(num_cpus=self._threads, max_restarts=0, runtime_env=environment)(_JobActor)
            handles = [remote.remote(self._spec) for _ in range(count)]
            for problem in filter(None, self._ray.get([handle.prepare.remote() for handle in handles])):
                raise ResourceError(problem)
        return handles

    @contextlib.contextmanager
    def _cluster_errors(self) -> Iterator[None]:
        """An error of the cluster itself ends the run as a ResourceError."""
        try:
            yield
        except (self._ray.exceptions.RayError, *_CONNECTION_ERRORS) as error:
            raise ResourceError(
                f"the Ray cluster failed ({_line(error)})", where=self._address,
                hint="check that it is up; the same command goes on",
            ) from error  # fmt: skip


class _JobActor:
    """What an actor is: the job with its model loaded once."""

    def __init__(self, spec: str) -> None:
        self._job = make_job(json.loads(spec))

    def prepare(self) -> str | None:
        """Load the model; returns what would fail for every task."""
        fatal = prepare(self._job)
        return fatal[0] if fatal is not None else None

    def process(self, key: str, item: str) -> str:
        """The Outcome of a task, as JSON."""
        done = attempt(self._job, key, Item(**json.loads(item)), lambda event: None)
        return replace(done, machine=socket.gethostname()).to_json()


_CONNECTION_ERRORS = (OSError, ValueError, RuntimeError)
"""What Ray raises besides its own errors where a cluster does not answer."""


def password_refused() -> UsageError:
    """The error for a password that would travel to a cluster."""
    return UsageError(
        "a password is not sent to a Ray cluster, where it would travel unencrypted", where="--password-file",
        hint="run without --ray (--jobs N works on this machine), or save the documents without a password first",
    )  # fmt: skip


def _line(error: Exception) -> str:
    """The first line of what Ray says, which a traceback of another machine may follow."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _connect(address: str, processors: int) -> ModuleType:
    """The module `ray`, connected. Raises ResourceError."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # the default to come; else it warns
    try:
        import ray
    except ImportError as error:
        raise ResourceError(
            "Ray is not installed", where="--ray", hint="pip install 'docqa-reader[ray]', or use --jobs alone"
        ) from error
    try:
        where = {"num_cpus": processors, "include_dashboard": False} if address == "local" else {"address": address}
        ray.init(**where, log_to_driver=False, logging_level="ERROR")
    except (ray.exceptions.RayError, *_CONNECTION_ERRORS) as error:
        raise ResourceError(f"no Ray cluster answers ({_line(error)})", where=address, hint="is it up?") from error
    return ray
