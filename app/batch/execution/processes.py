"""Tasks done by several processes of this machine, each with a model of its own.

Started afresh, not forked; spoken to in lines of JSON (`worker`). One that dies costs its task this attempt alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from docqa.app.batch.attempt import Outcome
from docqa.app.batch.execution.executors import Workers
from docqa.app.batch.execution.worker import READY
from docqa.app.batch.items import Task

if TYPE_CHECKING:
    from docqa.app.batch.jobs import Job

STOP_S = 10.0  # for a worker to keep what it read, after an interrupt
_INTERRUPT = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT)  # on Windows only a group of its own can be sent one
_OWN_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


class WorkerProcess:
    """A child process with `threads` threads that does the job of `spec`; after it died, another. Mutable."""

    def __init__(self, spec: str, threads: int) -> None:
        self._spec, self._threads = spec, threads
        self._ready = self._busy = self._closed = False
        self.peak_bytes = 0
        self.child = self._start()

    def process(self, task: Task) -> Outcome:
        self._busy = True
        line = self.fatal()
        if not line:
            self._send(self.child, json.dumps(asdict(task.item)))
            line = self._line()
        self._busy = False
        if not line:
            self._replace()
            return Outcome()
        outcome = Outcome.from_json(line)
        self.peak_bytes = max(self.peak_bytes, outcome.peak_bytes)
        return outcome

    def fatal(self) -> str:
        """The Outcome, as JSON, of a job that can do no task; empty as soon as the child is ready for one."""
        if self._ready or self._closed:
            return ""
        line = self._line()
        if not line:  # killed while it loaded: once more
            self._replace()
            line = self._line()
        self._ready = line == READY
        if line or self._closed:
            return "" if self._ready else line
        said = f"worker processes end with status {self.child.wait()} before they begin; --jobs 1 may say more"
        return Outcome(fatal=said).to_json()

    def stop(self) -> None:
        """Have the child end: at once where it has nothing to do, else when it kept what it read."""
        self._closed = True
        if self._busy:
            self.child.send_signal(_INTERRUPT)
        else:
            self._close_stdin()

    def join(self) -> None:
        """Wait for the child to end, or kill it."""
        try:
            self.child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self._close_stdin()

    def _start(self) -> subprocess.Popen[str]:
        # -P: a file called json.py beside the user's documents is not ours to run.
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "docqa.app.batch.execution.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            # Ctrl-C reaches this process, which stops the others.
            start_new_session=True, creationflags=_OWN_GROUP,
            env={**os.environ, "OMP_NUM_THREADS": str(self._threads)},
        )  # fmt: skip
        self._send(child, self._spec)
        return child

    def _replace(self) -> None:
        self.child.wait()
        if not self._closed:
            self._ready = False
            self._close_stdin()
            self.child = self._start()

    def _line(self) -> str:
        """What the child says next; empty where it died, be it in the middle of a line."""
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        return line.removesuffix("\n") if line.endswith("\n") else ""

    def _send(self, child: subprocess.Popen[str], line: str) -> None:
        assert child.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it died: its standard output ends too
            child.stdin.write(line + "\n")
            child.stdin.flush()

    def _close_stdin(self) -> None:
        if self.child.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.child.stdin.close()


def process_workers(job: Job, jobs: int, threads: int) -> Workers:
    """`jobs` of `threads` threads each."""
    spec = json.dumps(job.spec(threads))
    return Workers([WorkerProcess(spec, threads) for _ in range(jobs)])
