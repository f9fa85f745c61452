"""Pages of a file read by several forks at once, which have the open file.

Only pages read without trouble come back. One at which a fork crashed, perhaps for lack of memory,
is left to the caller, who reads it alone under the whole limit: the result is that of reading one
by one.
"""

import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait

from docqa.ingest.process.forks import end_fork, has_forks, memory_share, start_fork
from docqa.ingest.process.limits import memory_limit
from docqa.ingest.process.processor_time import Stopwatch

_CHUNK = 4  # pages that a fork takes at a time: few, so that all forks end together
_FEWEST = 32  # pages; fewer are read before the forks would have paid
_MOST_CRASHES = 8
_FORK_BYTES = 2**25  # of memory, which few pages take
_NUMBER = struct.Struct("=I")
# What a fork says: which chunk it begins, then of each page in it what came of it.
_BEGINS = b"c"
_PAGE = b"p"

Read = Callable[[int], bytes | None]


@dataclass(eq=False)
class _Fork:
    """A fork with the pipe it writes to, the pages it has begun, and how long it reads at one."""

    process: int
    pipe: Connection
    left: list[int]
    step: Stopwatch


class PageForks:
    """Forks that read the pages `indices` (from 0) with `read`, a few at a time, as a context
    manager of a process with a single thread; none for few pages or one of `processes`. `lost`:
    pages not to be read again, over `page_seconds` of processor time. Mutable."""

    def __init__(
        self, read: Read, indices: Sequence[int], processes: int, page_seconds: float
    ) -> None:
        self.lost: dict[int, str] = {}
        self._read = read
        self._page_seconds = page_seconds
        # One by one is as fast, or a fork is not sound.
        alone = processes < 2 or len(indices) < _FEWEST or not has_forks()
        self._count = (
            0 if alone else min(processes, len(indices) // _CHUNK, memory_limit() // _FORK_BYTES)
        )
        self._chunks = [list(indices[at : at + _CHUNK]) for at in range(0, len(indices), _CHUNK)]
        self._due = set(indices)
        self._frames: dict[int, bytes] = {}
        self._crashes = self._memory = 0
        self._queue = -1
        self._forks: dict[Connection, _Fork] = {}

    def __enter__(self) -> "PageForks":
        if self._count:
            # A pipe is a queue with many readers: who reads takes a whole number, and all numbers
            # have room in it.
            self._queue, writing = os.pipe()
            os.write(writing, b"".join(map(_NUMBER.pack, range(len(self._chunks)))))
            os.close(writing)
            self._memory = memory_share(self._count)
            for _ in range(self._count):
                self._start([])
        return self

    def __exit__(self, *_: object) -> None:
        for fork in list(self._forks.values()):
            self._stop(fork)
        if self._count:
            os.close(self._queue)

    def take(self, index: int) -> bytes | None:
        """What `read` gave for page `index`, once; None where the caller is to read it, or it is in
        `lost`.
        """
        while self._forks and index in self._due:
            self._wait()
        return self._frames.pop(index, None)

    def _start(self, left: list[int]) -> None:
        process, pipe = start_fork(partial(self._work, left), self._memory, [self._queue])
        self._forks[pipe] = _Fork(process, pipe, left, Stopwatch(process))

    def _work(self, left: Sequence[int], writing: Connection) -> None:
        """In the fork: reads `left`, then chunk after chunk; an empty page is for the caller to
        read.
        """
        while True:
            for index in left:
                writing.send_bytes(_PAGE + (self._read(index) or b""))
            number = os.read(self._queue, _NUMBER.size)
            if not number:
                return
            writing.send_bytes(_BEGINS + number)
            left = self._chunks[_NUMBER.unpack(number)[0]]

    def _stop(self, fork: _Fork) -> None:
        del self._forks[fork.pipe]
        fork.pipe.close()
        end_fork(fork.process)

    def _wait(self) -> None:
        """Takes what there is, and stops whoever is too long at a page."""
        first = min(fork.step.left(self._page_seconds) for fork in self._forks.values())
        for pipe in wait(list(self._forks), max(first, 0.0)):
            assert isinstance(pipe, Connection)
            self._receive(self._forks[pipe])
        for fork in list(self._forks.values()):
            if fork.step.left(self._page_seconds) <= 0:
                self._stop(fork)
                if fork.left:
                    self._due.discard(fork.left[0])
                    self.lost[fork.left[0]] = (
                        f"took longer than {self._page_seconds:g} seconds, not read"
                    )
                    self._start(fork.left[1:])

    def _receive(self, fork: _Fork) -> None:
        try:
            message = fork.pipe.recv_bytes()
        except (EOFError, OSError):  # the end, before or within a message
            self._stop(fork)
            if fork.left:  # it crashed at the first of these
                self._due.discard(fork.left[0])
                self._crashes += 1
                if self._crashes <= _MOST_CRASHES:
                    self._start(fork.left[1:])
            return
        fork.step.start()
        kind = message[:1]
        body = message[1:]
        if kind == _BEGINS:
            fork.left = list(self._chunks[_NUMBER.unpack(body)[0]])
            return
        index = fork.left.pop(0)
        self._due.discard(index)
        if body:
            self._frames[index] = body
