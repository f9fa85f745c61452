"""Where tasks are done: in this process, or by workers: processes of this machine, actors of a Ray
cluster. A worker process has its own model and is not forked (`worker`)."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from docqa.app.answer.events import OnEvent
from docqa.ingest.process.messages import receive, send, start_child

from ..items import Task
from ..jobs import Job, Outcome, attempt, peak_bytes
from .worker import READY

POLL_S = 0.5
"""How often a wait looks for Ctrl+C, which ends none on Windows."""
STOP_S = 10.0  # for a worker to keep what it read, after an interrupt
_INTERRUPT = getattr(
    signal, "CTRL_BREAK_EVENT", signal.SIGINT
)  # on Windows only a group of its own can be sent one
_OWN_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
Next = Callable[[], Task | None]
"""The next task to begin, None where there is none now."""


@dataclass
class Serial:
    """One task at a time, in this process; `on_event` gets what happens while a document is
    read."""

    job: Job
    on_event: OnEvent

    def run(self, next_task: Next) -> Iterator[tuple[Task, Outcome]]:
        self.job.prepare()
        while task := next_task():
            yield task, attempt(self.job, task.item, self.on_event)

    @property
    def peak_bytes(self) -> int:
        return peak_bytes()

    def close(self) -> None:
        pass


class Worker(Protocol):
    """Does one task at a time, elsewhere. `peak_bytes`: the most memory it held here, else 0."""

    peak_bytes: int

    def process(self, task: Task) -> Outcome:
        """An empty Outcome where the worker died of it, and another took its place."""

    def stop(self) -> None:
        """Have it end, whatever it does."""

    def join(self) -> None:
        """Wait until it has ended."""


@dataclass
class Workers:
    """As many tasks at once as there are `workers`."""

    workers: Sequence[Worker]

    def run(self, next_task: Next) -> Iterator[tuple[Task, Outcome]]:
        """Each task with its Outcome, as they end. Raises what a worker raises."""
        ended: queue.SimpleQueue[tuple[Worker, Task, Outcome | Exception]] = queue.SimpleQueue()

        def process(worker: Worker, task: Task) -> None:
            try:
                ended.put((worker, task, worker.process(task)))
            except Exception as error:  # noqa: BLE001 - raised again below, in the thread that asked
                ended.put((worker, task, error))

        idle = list(self.workers)
        while True:
            while idle and (task := next_task()):
                threading.Thread(target=process, args=(idle.pop(), task), daemon=True).start()
            if len(idle) == len(self.workers):
                return
            try:
                worker, task, outcome = ended.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if isinstance(outcome, Exception):
                raise outcome
            idle.append(worker)
            yield task, outcome

    @property
    def peak_bytes(self) -> int:
        """The most memory of each process, added up; 0 where the workers are elsewhere."""
        theirs = sum(worker.peak_bytes for worker in self.workers)
        return peak_bytes() + theirs if theirs else 0

    def close(self) -> None:
        for worker in self.workers:
            worker.stop()
        for worker in self.workers:
            worker.join()


Executor = Serial | Workers


@dataclass
class WorkerProcess:
    """A child process that does the job of `spec`; after it died, another. Mutable."""

    spec: str
    threads: int
    peak_bytes: int = 0
    _ready: bool = False
    _busy: bool = False
    _closed: bool = False

    def __post_init__(self) -> None:
        self._start_child()

    def process(self, task: Task) -> Outcome:
        self._busy = True
        line = self.fatal_outcome()
        if not line:
            self._send_line(json.dumps(asdict(task.item)))
            line = self._next_line_of_child()
        self._busy = False
        if not line:
            self._replace_child()
            return Outcome()
        outcome = Outcome.from_json(line)
        self.peak_bytes = max(self.peak_bytes, outcome.peak_bytes)
        return outcome

    def fatal_outcome(self) -> str:
        """The Outcome, as JSON, of a job that can do no task; "" when the child is ready."""
        if self._ready or self._closed:
            return ""
        line = self._next_line_of_child()
        if not line:  # killed while it loaded: once more
            self._replace_child()
            line = self._next_line_of_child()
        self._ready = line == READY
        if line or self._closed:
            return "" if self._ready else line
        message = f"worker processes end with status {self.child.wait()} before they begin; --jobs 1 may say more"
        return Outcome(fatal=message).to_json()

    def stop(self) -> None:
        """End the child: at once where it has nothing to do, else when it kept what it read."""
        self._closed = True
        if self._busy:
            self.child.send_signal(_INTERRUPT)
        else:
            self._close_stdin()

    def join(self) -> None:
        try:
            self.child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self._close_stdin()

    def _start_child(self) -> None:
        self.child = start_child(
            "docqa.app.batch.execution.worker",
            _OWN_GROUP,
            env={**os.environ, "OMP_NUM_THREADS": str(self.threads)},
        )
        self._send_line(self.spec)

    def _replace_child(self) -> None:
        self.child.wait()
        if not self._closed:
            self._ready = False
            self._close_stdin()
            self._start_child()

    def _next_line_of_child(self) -> str:
        """What the child says next; empty where it died."""
        assert self.child.stdout
        try:
            return receive(self.child.stdout).decode()
        except (EOFError, OSError):
            return ""

    def _send_line(self, line: str) -> None:
        assert self.child.stdin
        with contextlib.suppress(BrokenPipeError):  # it died: its standard output ends too
            send(self.child.stdin, line.encode())

    def _close_stdin(self) -> None:
        assert self.child.stdin
        with contextlib.suppress(BrokenPipeError):
            self.child.stdin.close()


def process_workers(job: Job, jobs: int, threads: int) -> Workers:
    spec = json.dumps(job.spec(threads))
    return Workers([WorkerProcess(spec, threads) for _ in range(jobs)])
