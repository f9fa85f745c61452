"""Limits of a process that reads: memory, processor time, size of files.

Linux keeps what a process sets on itself. macOS lacks the limit on memory, Windows all: there the
parent looks after it (`Watch`).
"""

import contextlib
import os
import subprocess
import sys
import threading

from docqa.ingest.limits import WORKER_CPU_SECONDS, WORKER_FILE_BYTES, WORKER_MEMORY_BYTES

from .processor_time import processor_seconds

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

MEMORY = "memory"
TIME = "time"
_LOOKS_S = 0.2


def limit_resources(most_seconds: int) -> None:
    """Sets a reader's limits on this process where the system has them; `allow_seconds` may add
    `most_seconds`.
    """
    if resource is None:
        return
    for kind, limit in (
        (resource.RLIMIT_AS, (WORKER_MEMORY_BYTES, WORKER_MEMORY_BYTES)),
        (resource.RLIMIT_DATA, (WORKER_MEMORY_BYTES, WORKER_MEMORY_BYTES)),
        (resource.RLIMIT_CPU, (WORKER_CPU_SECONDS, most_seconds)),
        (resource.RLIMIT_FSIZE, (WORKER_FILE_BYTES, WORKER_FILE_BYTES)),
        (resource.RLIMIT_CORE, (0, 0)),
    ):
        # A platform may not have this limit, or one already stricter.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, limit)


def allow_seconds(seconds: int) -> None:
    """Adds seconds of processor time for this process, where it limits itself."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = soft + seconds
    resource.setrlimit(
        resource.RLIMIT_CPU, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
    )


def memory_limit() -> int:
    """Bytes of its own memory that this process may take; mapped files do not count."""
    soft = resource.getrlimit(resource.RLIMIT_DATA)[0] if resource is not None else -1
    return min(soft, WORKER_MEMORY_BYTES) if soft >= 0 else WORKER_MEMORY_BYTES


def limit_memory(max_bytes: int) -> None:
    """Limits this process's own memory to `max_bytes` bytes, where the system has the limit."""
    if resource is not None and max_bytes < memory_limit():
        resource.setrlimit(resource.RLIMIT_DATA, (max_bytes, max_bytes))


def usable_cores() -> int:
    """Of this process; 1 where unknown."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else 1


class ChildProcessWatch:
    """Ends `child` when it holds more memory, or has worked longer, than it may. `over`: MEMORY,
    TIME, or "".
    """

    def __init__(self, child: subprocess.Popen[bytes], seconds: float, memory: int) -> None:
        self.over = ""
        self._seconds = seconds
        self._memory = memory
        self._child = child
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch_processes, daemon=True)
        self._thread.start()

    def add_allowed_seconds(self, seconds: float) -> None:
        """Adds seconds of processor time."""
        self._seconds += seconds

    def close(self) -> None:
        """Ends the watch; the process has ended."""
        self._ended.set()
        self._thread.join()

    def _watch_processes(self) -> None:
        import psutil

        try:
            process = psutil.Process(self._child.pid)
            while not self._ended.wait(_LOOKS_S):
                if process.memory_info().rss > self._memory:
                    self.over = MEMORY
                elif (processor_seconds(self._child.pid) or 0.0) > self._seconds:
                    self.over = TIME
                if self.over:
                    self._child.kill()
                    return
        except psutil.Error:  # it ended
            return


def are_processes_watched() -> bool:
    """Whether processes are watched here, as the system does not keep all their limits."""
    return sys.platform == "darwin" or resource is None
