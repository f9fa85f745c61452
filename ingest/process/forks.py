"""Forks of a reader: copies of its process with what it has read, under its memory limit. Linux
alone: libraries of macOS do not survive a fork."""

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, Pipe
from typing import NoReturn

from .limits import limit_memory, memory_limit

_PIPE_BYTES = (
    1 << 20
)  # what a fork may be ahead of who reads; the most that Linux gives to everybody


def usable_cores() -> int:
    """Of this process; 1 where unknown."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else 1


def has_forks() -> bool:
    """Whether this system forks a process with a single thread."""
    return sys.platform == "linux"


def start_fork(
    work: Callable[[Connection], None], memory: int, keep: Sequence[int] = ()
) -> tuple[int, Connection]:
    """Forks this process, which must have a single thread; returns the fork and the pipe that
    `work` writes to. It may use `memory` bytes; of the open files it has the pipe and `keep`."""
    import fcntl

    pipe, writing = Pipe(duplex=False)
    with contextlib.suppress(OSError):  # this user has too many of that size
        fcntl.fcntl(writing.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    process = os.fork()
    if process == 0:
        _run_in_fork(work, writing, memory, keep)
    writing.close()
    return process, pipe


def end_fork(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def memory_share(count: int) -> int:
    """The memory limit of each of `count` processes that together keep this one's."""
    with open("/proc/self/statm", encoding="ascii") as file:
        used = int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    return used + max(memory_limit() - used, 0) // count


def _run_in_fork(
    work: Callable[[Connection], None], writing: Connection, memory: int, keep: Sequence[int]
) -> NoReturn:
    code = 1
    try:
        # Whoever reads the other pipes must see their ends when this process lives on.
        first = 3
        for file in sorted((writing.fileno(), *keep)):
            os.closerange(first, file)
            first = file + 1
        os.closerange(first, os.sysconf("SC_OPEN_MAX"))
        limit_memory(memory)
        gc.freeze()  # what was there is looked through for nothing, and would be copied for it
        work(writing)
        code = 0
    finally:
        os._exit(code)
