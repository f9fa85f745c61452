"""Tasks done by the actors of a Ray cluster (extra `ray`), each with its own model. They read the
documents at the same path. Only lines of JSON travel, and never a password: the cluster's traffic
and logs can be read."""

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from types import ModuleType

from docqa.app.errors import ResourceError

from ..items import BatchItem, Failure, Task
from ..jobs import Job, Outcome, attempt, make_job, prepare
from .executors import Workers


@dataclass
class RayActor:
    """An actor that does the job of `spec`; after it died, another."""

    peak_bytes = 0  # of another machine; each attempt has its own in the ledger

    ray: ModuleType
    spec: str
    threads: int
    address: str
    _closed: bool = False

    def __post_init__(self) -> None:
        self._loading = self._start_actor()

    def wait_ready(self) -> None:
        """Raises ResourceError: an actor that cannot start is not the fault of a document."""
        with _translate_cluster_errors(self.ray, self.address):
            problem = self.ray.get(self._loading)
        if problem:
            raise ResourceError(problem)

    def process(self, task: Task) -> Outcome:
        with _translate_cluster_errors(self.ray, self.address):
            pending = self._handle.process.remote(json.dumps(asdict(task.item)))
        try:
            return Outcome.from_json(self.ray.get(pending))
        except self.ray.exceptions.RayActorError:
            if not self._closed:
                self._loading = self._start_actor()
                self.wait_ready()
            return Outcome()
        except self.ray.exceptions.RayError as error:  # the actor lives: this task alone is lost
            failure = Failure(
                type(error).__name__,
                f"Ray failed: {_first_line_of_error(error)}",
                "--retry-failed tries it again",
            )
            return Outcome(failure=failure)

    def stop(self) -> None:
        self._closed = True
        with contextlib.suppress(
            self.ray.exceptions.RayError, *_CONNECTION_ERRORS
        ):  # it may be gone already
            self.ray.kill(self._handle)

    def join(self) -> None:
        """Leave the cluster; a second time does nothing."""
        with contextlib.suppress(self.ray.exceptions.RayError, *_CONNECTION_ERRORS):
            self.ray.shutdown()

    def _start_actor(self) -> object:
        """Start an actor; returns Ray's reference to what would fail for every task."""
        environment = {"env_vars": {"OMP_NUM_THREADS": str(self.threads)}}
        with _translate_cluster_errors(self.ray, self.address):
            remote = self.ray.remote(
                num_cpus=self.threads, max_restarts=0, runtime_env=environment
            )(_JobActor)
            self._handle = remote.remote(self.spec)
            return self._handle.prepare.remote()


def ray_workers(job: Job, jobs: int, threads: int, address: str) -> Workers:
    """`jobs` actors with `threads` processors each, at `address` (or `local`). Raises
    ResourceError.
    """
    spec = json.dumps(job.spec(threads))
    ray = _connect_to_cluster(address, jobs * threads)
    actors = [RayActor(ray, spec, threads, address) for _ in range(jobs)]
    for actor in actors:
        actor.wait_ready()
    return Workers(actors)


class _JobActor:
    """What an actor is: the job with its model loaded once."""

    def __init__(self, spec: str) -> None:
        self._job = make_job(json.loads(spec))

    def prepare(self) -> str | None:
        return prepare(self._job)

    def process(self, item: str) -> str:
        done = attempt(self._job, BatchItem(**json.loads(item)), lambda event: None)
        return replace(done, machine=socket.gethostname()).to_json()


_CONNECTION_ERRORS = (OSError, ValueError, RuntimeError)
"""What Ray raises besides where a cluster does not answer."""


@contextlib.contextmanager
def _translate_cluster_errors(ray: ModuleType, address: str) -> Iterator[None]:
    try:
        yield
    except (ray.exceptions.RayError, *_CONNECTION_ERRORS) as error:
        raise ResourceError(
            f"the Ray cluster failed ({_first_line_of_error(error)})",
            where=address,
            hint="check that it is up; the same command goes on",
        ) from error


def _first_line_of_error(error: Exception) -> str:
    """The first line of what Ray says; a remote traceback may follow."""
    return next(
        (line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__
    )


def _connect_to_cluster(address: str, processors: int) -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    os.environ.setdefault(
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0"
    )  # the default to come; else it warns
    try:
        import ray
    except ImportError as error:
        raise ResourceError(
            "Ray is not installed",
            where="--ray",
            hint="pip install 'docqa-reader[ray]', or use --jobs alone",
        ) from error
    where = (
        {"num_cpus": processors, "include_dashboard": False}
        if address == "local"
        else {"address": address}
    )
    with _translate_cluster_errors(ray, address):
        ray.init(**where, log_to_driver=False, logging_level="ERROR")
    with contextlib.suppress(ImportError):  # a private part, which another version may lack
        from ray._private import worker

        # Ray prints that a worker died on standard output, which has results only.
        worker.print_to_stdstream = lambda *_, **__: None
    return ray
