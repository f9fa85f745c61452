"""Pages of a file parsed by several forks at once, which have the open file.

Only pages parsed without trouble come back. One at which a fork crashed, perhaps for lack of
memory, is left to the caller, who parses it alone under the whole limit: the result is that of
parsing one by one.
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

from .measures import FEWEST_FOR_FORKS, FORK_BYTES, MOST_CRASHES, PAGES_AT_A_TIME

_NUMBER = struct.Struct("=I")
# What a fork says: which chunk it begins, then of each page in it what came of it.
_BEGINS = b"c"
_PAGE = b"p"

ParsePage = Callable[[int], bytes | None]


@dataclass(eq=False)
class _ForkedParser:
    """A fork, the pages that it has begun, and how long it has been at the first of these."""

    process: int
    pages: list[int]
    step: Stopwatch


class PageForks:
    """Forks that parse the pages `indices` (from 0) with `parse`, a few at a time, as a context
    manager of a process with a single thread; none for few pages or one of `processes`. `lost`:
    pages not to be parsed again, over `page_seconds` of processor time. Mutable."""

    def __init__(
        self, parse: ParsePage, indices: Sequence[int], processes: int, page_seconds: float
    ) -> None:
        self.lost: dict[int, str] = {}
        self._parse = parse
        self._page_seconds = page_seconds
        starts = range(0, len(indices), PAGES_AT_A_TIME)
        self._chunks = [list(indices[start : start + PAGES_AT_A_TIME]) for start in starts]
        self._count = 0
        if processes > 1 and len(indices) >= FEWEST_FOR_FORKS and has_forks():
            self._count = min(processes, len(self._chunks), memory_limit() // FORK_BYTES)
        self._due = set(indices)
        self._parsed: dict[int, bytes] = {}
        self._crashes = 0
        self._memory = 0
        self._queue = -1
        self._forks: dict[Connection, _ForkedParser] = {}

    def __enter__(self) -> "PageForks":
        if self._count:
            # A pipe is a queue with many readers: each takes a whole number, and all numbers have
            # room in it.
            self._queue, writing = os.pipe()
            os.write(writing, b"".join(map(_NUMBER.pack, range(len(self._chunks)))))
            os.close(writing)
            self._memory = memory_share(self._count)
            for _ in range(self._count):
                self._start_fork_for_pages([])
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in list(self._forks):
            self._stop_fork(pipe)
        if self._count:
            os.close(self._queue)

    def take(self, index: int) -> bytes | None:
        """What `parse` gave for page `index`, once; None where the caller is to parse it, or it is
        in `lost`.
        """
        while self._forks and index in self._due:
            self._wait_for_forks()
        return self._parsed.pop(index, None)

    def _start_fork_for_pages(self, pages: list[int]) -> None:
        process, pipe = start_fork(
            partial(self._parse_pages_in_fork, pages), self._memory, [self._queue]
        )
        self._forks[pipe] = _ForkedParser(process, pages, Stopwatch(process))

    def _parse_pages_in_fork(self, pages: Sequence[int], writing: Connection) -> None:
        """In the fork: parses `pages`, then chunk after chunk; one without bytes is for the caller
        to parse.
        """
        while True:
            for index in pages:
                writing.send_bytes(_PAGE + (self._parse(index) or b""))
            number = os.read(self._queue, _NUMBER.size)
            if not number:
                return
            writing.send_bytes(_BEGINS + number)
            pages = self._chunks[_NUMBER.unpack(number)[0]]

    def _stop_fork(self, pipe: Connection) -> list[int]:
        """Ends a fork; returns its pages that are still to be parsed."""
        fork = self._forks.pop(pipe)
        pipe.close()
        end_fork(fork.process)
        return fork.pages

    def _wait_for_forks(self) -> None:
        """Takes what there is, and stops whoever takes too long over a page."""
        first = min(fork.step.left(self._page_seconds) for fork in self._forks.values())
        for pipe in wait(list(self._forks), max(first, 0.0)):
            assert isinstance(pipe, Connection)
            self._receive_from_fork(pipe)
        for pipe, fork in list(self._forks.items()):
            if fork.step.left(self._page_seconds) <= 0:
                pages = self._stop_fork(pipe)
                if pages:
                    self._due.discard(pages[0])
                    self.lost[pages[0]] = (
                        f"took longer than {self._page_seconds:g} seconds, not read"
                    )
                    self._start_fork_for_pages(pages[1:])

    def _receive_from_fork(self, pipe: Connection) -> None:
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):  # the end, before or within a message
            pages = self._stop_fork(pipe)
            if pages:  # it crashed at the first of these
                self._due.discard(pages[0])
                self._crashes += 1
                if self._crashes <= MOST_CRASHES:
                    self._start_fork_for_pages(pages[1:])
            return
        fork = self._forks[pipe]
        fork.step.start()
        body = message[1:]
        if message.startswith(_BEGINS):
            fork.pages = list(self._chunks[_NUMBER.unpack(body)[0]])
            return
        index = fork.pages.pop(0)
        self._due.discard(index)
        if body:
            self._parsed[index] = body
