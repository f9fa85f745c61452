"""Pages read by several processes at once: forks of the reader, which have the open file and share its limit of memory.

Only pages that were read without trouble come back. One at which a fork crashed, perhaps for want of memory, is left to
the caller, who reads it alone and under the whole limit, so that the result is that of reading one by one.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from docqa.ingest.limits import WORKER_MEMORY_BYTES
from docqa.ingest.pdf.layout.reading_order import Line

if TYPE_CHECKING:
    from docqa.ingest.pdf.pages import RawPage
    from docqa.ingest.pdf.visibility.objects import Box

_LENGTH = struct.Struct(">I")
_CHUNK = 8  # pages that a fork reads in a row
_FEWEST = 32  # pages; fewer are read before the forks would have paid
_MOST_CRASHES = 8
_PIECE = 2**20


@dataclass(frozen=True)
class Pool:
    """How many forks read, and how long each may take for a page. For a process with a single thread: it forks."""

    processes: int
    page_seconds: float

    def forks(self, pages: int) -> int:
        """How many read a document of `pages`; 0 where they are read one by one."""
        return min(self.processes, pages // _CHUNK) if self.processes > 1 and pages >= _FEWEST and _can_fork() else 0


def usable_cores() -> int:
    """The processors that this process may run on; 1 where it cannot be told or used."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else 1


def read_pages(
    read: Callable[[int], RawPage | None], indices: Sequence[int], pool: Pool
) -> tuple[dict[int, RawPage], dict[int, str]]:
    """What `read` gives for each page of `indices` (from 0), and why a page is lost: it took too long.

    Pages that are in neither must be read by the caller: `read` gave None, or crashed.
    """
    count = pool.forks(len(indices))
    if count == 0:
        return {}, {}
    chunks = [indices[at : at + _CHUNK] for at in range(0, len(indices), _CHUNK)]
    work = [[index for chunk in chunks[fork::count] for index in chunk] for fork in range(count)]
    return _Run(read, pool.page_seconds, _share(count)).of(work)


@dataclass
class _Fork:
    """A running fork: its process, the pipe that it writes to, the pages it has not given yet, what came of a frame."""

    process: int
    pipe: int
    left: list[int]
    since: float
    received: bytearray = field(default_factory=bytearray)


class _Run:
    """One reading by forks. Mutable: what came back, what was lost, how often a fork crashed."""

    def __init__(self, read: Callable[[int], RawPage | None], page_seconds: float, memory: int) -> None:
        self._read, self._page_seconds, self._memory = read, page_seconds, memory
        self._pages: dict[int, RawPage] = {}
        self._lost: dict[int, str] = {}
        self._crashes = 0
        self._selector = selectors.DefaultSelector()

    def of(self, work: list[list[int]]) -> tuple[dict[int, RawPage], dict[int, str]]:
        for left in work:
            self._start(left)
        try:
            while self._forks():
                self._wait()
        finally:
            for fork in self._forks():
                self._stop(fork)
            self._selector.close()
        return self._pages, self._lost

    def _forks(self) -> list[_Fork]:
        return [key.data for key in self._selector.get_map().values()]

    def _start(self, left: list[int]) -> None:
        if not left:
            return
        pipe, writing = os.pipe()
        process = os.fork()
        if process == 0:
            _work(self._read, left, writing, self._memory)
        os.close(writing)
        self._selector.register(pipe, selectors.EVENT_READ, _Fork(process, pipe, left, time.monotonic()))

    def _stop(self, fork: _Fork) -> None:
        self._selector.unregister(fork.pipe)
        os.close(fork.pipe)
        os.kill(fork.process, signal.SIGKILL)
        os.waitpid(fork.process, 0)

    def _wait(self) -> None:
        """Take what there is, and stop whoever is too long at a page."""
        now = time.monotonic()
        first = min(fork.since for fork in self._forks()) + self._page_seconds
        for key, _ in self._selector.select(max(first - now, 0.0)):
            self._receive(key.data)
        now = time.monotonic()
        for fork in self._forks():
            if now - fork.since > self._page_seconds:
                page, *rest = fork.left
                self._lost[page] = f"took longer than {self._page_seconds:g} seconds, not read"
                self._stop(fork)
                self._start(rest)

    def _receive(self, fork: _Fork) -> None:
        piece = os.read(fork.pipe, _PIECE)
        fork.received += piece
        for frame in _frames(fork.received):
            index = fork.left.pop(0)
            if frame:
                self._pages[index] = _from_json(frame)
            fork.since = time.monotonic()
        if piece:
            return
        self._stop(fork)
        if fork.left:  # it crashed at the first of these
            self._crashes += 1
            if self._crashes <= _MOST_CRASHES:
                self._start(fork.left[1:])


def _frames(received: bytearray) -> Iterator[bytes]:
    """The whole frames in front of `received`, which are taken from it."""
    while len(received) >= _LENGTH.size:
        end = _LENGTH.size + _LENGTH.unpack_from(received)[0]
        if len(received) < end:
            return
        frame = bytes(received[_LENGTH.size : end])
        del received[:end]
        yield frame


def _work(read: Callable[[int], RawPage | None], left: Sequence[int], pipe: int, memory: int) -> NoReturn:
    """The fork: reads, and writes a frame for each page, an empty one for a page that the caller is to read."""
    code = 1
    try:
        # Whoever reads the other pipes must see their ends when this process lives on.
        os.closerange(3, pipe)
        os.closerange(pipe + 1, os.sysconf("SC_OPEN_MAX"))
        _limit_memory(memory)
        for index in left:
            page = read(index)
            frame = b"" if page is None else _to_json(page)
            _write(pipe, _LENGTH.pack(len(frame)) + frame)
        code = 0
    finally:
        os._exit(code)


def _write(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]


def _to_json(page: RawPage) -> bytes:
    fields = {**vars(page), "lines": [_line_fields(line) for line in page.lines]}
    return json.dumps(fields, separators=(",", ":")).encode()


def _line_fields(line: Line) -> tuple[Any, ...]:
    return (
        line.text, line.x0, line.top, line.x1, line.bottom, line.bold, line.first_width, line.region, line.left,
        line.right, line.cells, line.number, line.shown,
    )  # fmt: skip


def _from_json(frame: bytes) -> RawPage:
    from docqa.ingest.pdf.pages import RawPage
    from docqa.ingest.pdf.raw_page import Hidden

    fields = json.loads(frame)
    lines = []
    for *plain, number, shown in fields.pop("lines"):
        line = Line(*plain)
        line.shown = None if shown is None else _box(shown)
        line.number = number
        lines.append(line)
    hidden = [Hidden(text, reason, tuple(map(_box, boxes))) for text, reason, boxes in fields.pop("hidden")]
    return RawPage(lines=lines, hidden=hidden, **fields)


def _box(edges: Sequence[float]) -> Box:
    x0, top, x1, bottom = edges
    return x0, top, x1, bottom


def _can_fork() -> bool:
    """Where a fork of a process with loaded libraries is sound."""
    return sys.platform == "linux"


def _share(count: int) -> int:
    """The limit of address space of each of `count` forks, so that all of them keep to that of one reader."""
    with open("/proc/self/statm", encoding="ascii") as file:
        held = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return held + max(WORKER_MEMORY_BYTES - held, 0) // count


def _limit_memory(most: int) -> None:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY or soft > most:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
