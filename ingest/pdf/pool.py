"""Work on the pages of a file by several processes at once: forks of the reader, which have the open file and share its
limit of memory.

Only pages that were read without trouble come back. One at which a fork crashed, perhaps because it ran out of memory,
is left to the caller, who reads it alone and under the whole limit, so that the result is that of reading one by one.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from typing import NoReturn

from docqa.ingest.limits import WORKER_MEMORY_BYTES
from docqa.ingest.process.limits import limit_memory
from docqa.ingest.process.processor_time import Stopwatch

_CHUNK = 8  # pages that a fork reads in a row
_FEWEST = 32  # pages; fewer are read before the forks would have paid
_MOST_CRASHES = 8

Read = Callable[[int], bytes | None]


def usable_cores() -> int:
    """The processors that this process may run on; 1 where that is unknown."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else 1


def count_forks(pages: int, processes: int) -> int:
    """How many of `processes` read a document of `pages`; 0 where one by one is as fast or a fork is not sound."""
    many = processes > 1 and pages >= _FEWEST and sys.platform == "linux"
    return min(processes, pages // _CHUNK) if many else 0


def read_in_forks(
    read: Read, indices: Sequence[int], processes: int, page_seconds: float
) -> tuple[dict[int, bytes], dict[int, str]]:
    """What `read` gives for each page of `indices` (from 0), and why a page is lost: it took over `page_seconds`
    of processor time.

    Pages that are in neither must be read by the caller: `read` gave None, or crashed. For a process with a single
    thread: it forks.
    """
    count = count_forks(len(indices), processes)
    if count == 0:
        return {}, {}
    chunks = [indices[at : at + _CHUNK] for at in range(0, len(indices), _CHUNK)]
    work = [[index for chunk in chunks[fork::count] for index in chunk] for fork in range(count)]
    return _Run(read, page_seconds, _share(count)).of(work)


@dataclass(eq=False)
class _Fork:
    """A running fork: its process, the pipe that it writes to, the pages that are due, how long it reads at one."""

    process: int
    pipe: Connection
    left: list[int]
    step: Stopwatch


class _Run:
    """One reading by forks. Mutable: what came back, what was lost, how often a fork crashed."""

    def __init__(self, read: Read, page_seconds: float, memory: int) -> None:
        self._read, self._page_seconds, self._memory = read, page_seconds, memory
        self._pages: dict[int, bytes] = {}
        self._lost: dict[int, str] = {}
        self._crashes = 0
        self._forks: dict[Connection, _Fork] = {}

    def of(self, work: list[list[int]]) -> tuple[dict[int, bytes], dict[int, str]]:
        for left in work:
            self._start(left)
        try:
            while self._forks:
                self._wait()
        finally:
            for fork in list(self._forks.values()):
                self._stop(fork)
        return self._pages, self._lost

    def _start(self, left: list[int]) -> None:
        if not left:
            return
        pipe, writing = Pipe(duplex=False)
        process = os.fork()
        if process == 0:
            _work(self._read, left, writing, self._memory)
        writing.close()
        self._forks[pipe] = _Fork(process, pipe, left, Stopwatch(process))

    def _stop(self, fork: _Fork) -> None:
        del self._forks[fork.pipe]
        fork.pipe.close()
        os.kill(fork.process, signal.SIGKILL)
        os.waitpid(fork.process, 0)

    def _wait(self) -> None:
        """Take what there is, and stop whoever is too long at a page."""
        first = min(fork.step.left(self._page_seconds) for fork in self._forks.values())
        for pipe in wait(list(self._forks), max(first, 0.0)):
            assert isinstance(pipe, Connection)
            self._receive(self._forks[pipe])
        for fork in list(self._forks.values()):
            if fork.step.left(self._page_seconds) <= 0:
                page, *rest = fork.left
                self._lost[page] = f"took longer than {self._page_seconds:g} seconds, not read"
                self._stop(fork)
                self._start(rest)

    def _receive(self, fork: _Fork) -> None:
        try:
            frame = fork.pipe.recv_bytes()
        except (EOFError, OSError):  # the end, before or within a frame
            self._stop(fork)
            if fork.left:  # it crashed at the first of these
                self._crashes += 1
                if self._crashes <= _MOST_CRASHES:
                    self._start(fork.left[1:])
            return
        index = fork.left.pop(0)
        if frame:
            self._pages[index] = frame
        fork.step.start()


def _work(read: Read, left: Sequence[int], writing: Connection, memory: int) -> NoReturn:
    """The fork: reads, and writes a frame for each page, an empty one for a page that the caller is to read."""
    code = 1
    try:
        # Whoever reads the other pipes must see their ends when this process lives on.
        os.closerange(3, writing.fileno())
        os.closerange(writing.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        limit_memory(memory)
        for index in left:
            writing.send_bytes(read(index) or b"")
        code = 0
    finally:
        os._exit(code)


def _share(count: int) -> int:
    """The limit of address space of each of `count` forks, so that all of them keep to that of one reader."""
    with open("/proc/self/statm", encoding="ascii") as file:
        used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return used + max(WORKER_MEMORY_BYTES - used, 0) // count
