"""Units done by the actors of a Ray cluster, each with a model of its own (extra `ray`).

An actor works on one unit at a time, and what is not begun stays with the runner: that is the back-pressure. Documents
are read by the actors themselves, so their folder must be at the same path on every machine. Only lines of JSON travel.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from typing import Any

from docqa.app.batch.items import Item, Task
from docqa.app.batch.work import Job, Outcome, attempt, make_work
from docqa.app.errors import ResourceError

LOCAL = "local"


@dataclass
class _Actor:
    """An actor, and its task under way."""

    handle: Any
    unit: Task | None = None
    task: Any = None


class RayActors:
    """An Executor of `jobs` actors with `threads` processors each; `address`: `local`, or that of a cluster.

    Raises ResourceError where Ray is not installed, or the cluster cannot be reached.
    """

    def __init__(self, work: Job, jobs: int, threads: int, address: str) -> None:
        self._ray = _connect(address, jobs * threads)
        self._spec = json.dumps(work.spec())
        self._threads = threads
        self._actors = [_Actor(self._start()) for _ in range(jobs)]

    @property
    def free(self) -> int:
        return sum(actor.unit is None for actor in self._actors)

    @property
    def peak_bytes(self) -> int:
        return 0  # the actors' memory is that of other machines; each attempt has its own in the ledger

    def submit(self, unit: Task) -> None:
        actor = next(actor for actor in self._actors if actor.unit is None)
        actor.unit = unit
        actor.task = actor.handle.process.remote(unit.key, json.dumps(asdict(unit.item)))

    def wait(self, seconds: float) -> Outcome | None:
        tasks = [actor.task for actor in self._actors if actor.task is not None]
        ready, _ = self._ray.wait(tasks, num_returns=1, timeout=seconds) if tasks else ([], [])
        if not ready:
            return None
        actor = next(actor for actor in self._actors if actor.task == ready[0])
        unit, actor.unit, actor.task = actor.unit, None, None
        assert unit is not None
        try:
            return Outcome.from_json(self._ray.get(ready[0]))
        except self._ray.exceptions.RayActorError:
            actor.handle = self._start()
            return Outcome(unit.key)

    def close(self) -> None:
        for actor in self._actors:
            self._ray.kill(actor.handle)
        self._actors = []
        self._ray.shutdown()

    def _start(self) -> Any:
        environment = {"env_vars": {"OMP_NUM_THREADS": str(self._threads)}}
        remote = self._ray.remote(num_cpus=self._threads, max_restarts=0, runtime_env=environment)(_Model)
        return remote.remote(self._spec)


class _Model:
    """What an actor is: the work with its model loaded once."""

    def __init__(self, spec: str) -> None:
        self._work = make_work(json.loads(spec))
        self._prepared = False

    def process(self, key: str, item: str) -> str:
        """The Outcome of a unit, as JSON."""
        from dataclasses import replace

        from docqa.app import report

        try:
            if not self._prepared:
                self._work.prepare()
                self._prepared = True
        except report.expected_errors() as error:
            return Outcome(key, fatal=(report.describe(error), report.exit_code(error))).to_json()
        done = attempt(self._work, key, Item(**json.loads(item)), lambda event: None)
        return replace(done, machine=socket.gethostname()).to_json()


def _connect(address: str, processors: int) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # the default to come; else it warns
    try:
        import ray
    except ImportError as error:
        raise ResourceError(
            "Ray is not installed", where="--ray", hint="pip install 'docqa-reader[ray]', or use --jobs alone"
        ) from error
    quiet: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address == LOCAL:
            ray.init(num_cpus=processors, **quiet)
        else:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ResourceError(f"no Ray cluster answers ({error})", where=address, hint="is it up?") from error
    return ray
