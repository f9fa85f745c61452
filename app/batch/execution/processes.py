"""Tasks done by several processes of this machine, each with a model of its own.

They are started afresh, not forked, and spoken to in lines of JSON (`worker`). One that dies costs its task only this
attempt, and another takes its place.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, field

from docqa.app.batch.attempt import Outcome, peak_bytes
from docqa.app.batch.execution.worker import READY
from docqa.app.batch.items import Task
from docqa.app.batch.protocol import Job

STOP_S = 10.0
"""How long a worker may take to keep what it read, after an interrupt."""
_INTERRUPT = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT)  # on Windows only a group of its own can be sent one
_OWN_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
FAILED_STARTS = 2
"""So many workers in a row that die before they are ready, and it is not for one document."""


@dataclass
class _Worker:
    """A child and what it works on; `alive` until its standard output ends."""

    child: subprocess.Popen[str]
    task: Task | None = None
    ready: bool = False
    alive: bool = True
    peak: int = 0
    reader: threading.Thread = field(default_factory=threading.Thread)


class Processes:
    """An Executor of `jobs` processes with `threads` threads each."""

    def __init__(self, job: Job, jobs: int, threads: int) -> None:
        self._spec = json.dumps(job.spec(threads))
        self._threads = threads
        self._answers: queue.SimpleQueue[tuple[_Worker, str | None]] = queue.SimpleQueue()
        self._past_peak = 0
        self._failed_starts = 0
        self._workers = [self._start() for _ in range(jobs)]

    @property
    def free(self) -> int:
        return sum(worker.task is None and worker.alive for worker in self._workers)

    @property
    def peak_bytes(self) -> int:
        return peak_bytes() + max(self._past_peak, sum(worker.peak for worker in self._workers))

    def submit(self, task: Task) -> None:
        worker = next(worker for worker in self._workers if worker.task is None and worker.alive)
        worker.task = task
        self._send(worker, json.dumps({"key": task.key, "item": asdict(task.item)}))

    def wait(self, seconds: float) -> Outcome | None:
        try:
            worker, line = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None
        if line is None:
            return self._replace(worker)
        if line == READY:
            worker.ready = True
            self._failed_starts = 0
            return None
        outcome = Outcome.from_json(line)
        worker.task = None
        worker.peak = max(worker.peak, outcome.peak_bytes)
        return outcome

    def close(self) -> None:
        for worker in self._workers:
            if worker.alive and worker.task is not None:
                worker.child.send_signal(_INTERRUPT)
            elif worker.child.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    worker.child.stdin.close()
        for worker in self._workers:
            try:
                worker.child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                worker.child.kill()
                worker.child.wait()
            worker.alive = False
            worker.reader.join()
            for stream in (worker.child.stdin, worker.child.stdout):
                if stream is not None:
                    with contextlib.suppress(BrokenPipeError):
                        stream.close()
        self._workers = []

    def _start(self) -> _Worker:
        # -P: a file called json.py beside the user's documents is not ours to run.
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "docqa.app.batch.execution.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            # Ctrl-C reaches this process alone, which then stops the others in order.
            start_new_session=True, creationflags=_OWN_GROUP,
            env={**os.environ, "OMP_NUM_THREADS": str(self._threads)},
        )  # fmt: skip
        worker = _Worker(child)
        worker.reader = threading.Thread(target=self._receive, args=(worker,), daemon=True)
        worker.reader.start()
        self._send(worker, self._spec)
        return worker

    def _send(self, worker: _Worker, line: str) -> None:
        assert worker.child.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it died: its standard output ends too
            worker.child.stdin.write(line + "\n")
            worker.child.stdin.flush()

    def _receive(self, worker: _Worker) -> None:
        assert worker.child.stdout is not None
        for line in worker.child.stdout:
            self._answers.put((worker, line.rstrip("\n")))
        self._answers.put((worker, None))

    def _replace(self, worker: _Worker) -> Outcome | None:
        """The empty Outcome of what a dead worker had; another is in its place."""
        worker.alive = False
        code = worker.child.wait()
        task = worker.task
        self._failed_starts += not worker.ready
        if self._failed_starts >= FAILED_STARTS:
            said = f"worker processes end with status {code} before they begin; --jobs 1 may say more"
            return Outcome(task.key if task else "", fatal=(said, 4))
        self._past_peak = max(self._past_peak, sum(each.peak for each in self._workers))
        self._workers[self._workers.index(worker)] = self._start()
        return Outcome(task.key) if task is not None else None
