"""Reading in a child process with limits on memory, processor time and time, so that no file can harm the reader.

Frames on both pipes are an eight-byte big-endian length and that many bytes. The parent sends a JSON request and
the bytes of the document (empty: the child reads the path); the child answers with a frame for every PDF page that
it begins, another before it recognises the picture of one, and one with the Document (or what was seen on the one
page that was asked for) or the error.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from docqa.ingest.errors import ERRORS, IngestError, Unreadable
from docqa.ingest.limits import (
    MAX_PAGES,
    WORKER_CPU_SECONDS,
    WORKER_CPU_SECONDS_PER_PAGE,
    WORKER_FILE_BYTES,
    WORKER_MAX_LOST_PAGES,
    WORKER_MEMORY_BYTES,
    WORKER_OCR_SECONDS_PER_PAGE,
    WORKER_PAGE_SECONDS,
    WORKER_WALL_SECONDS,
)
from docqa.ingest.serialize import from_json
from docqa.ingest.types import Block, Document, Page

if TYPE_CHECKING:
    from docqa.ingest.pdf.inspection import PageView

_LENGTH = struct.Struct(">Q")


class _Died(Exception):
    """The child ended without an answer, or was stopped, while it read `page` (0: none)."""

    def __init__(self, page: int, why: str) -> None:
        super().__init__(page, why)
        self.page = page
        self.why = why


class _Clock:
    """The limits of one reading: `seconds` in all, to `end` at first, and `page_seconds` for each page."""

    def __init__(self, seconds: float, page_seconds: float) -> None:
        self.seconds, self.page_seconds = seconds, page_seconds
        self.end = time.monotonic() + seconds


def read_in_worker(
    path: str | Path,
    *,
    password: str | None = None,
    media_type: str | None = None,
    data: bytes | None = None,
    include_hidden: bool = False,
    seconds: float = WORKER_WALL_SECONDS,
    page_seconds: float = WORKER_PAGE_SECONDS,
) -> Document:
    """The same Document as `read.read`, from a child process that may use 2 GiB and `seconds` of wall time.

    Where there are several cores the child reads a long PDF with forks of its own, which keep to the same limits.

    A PDF page that takes longer than `page_seconds`, or whose reader crashes, is left empty and named in the warnings;
    the ninth such page is Unreadable, and so is running over the limits elsewhere. Recognising the picture of a page
    has a limit of its own and does not count. A child that crashes outside the pages is tried once more with pypdf
    alone. Raises the IngestErrors of `read`. Killing the caller (Ctrl-C) kills the child.
    """
    name = str(path)
    request: dict[str, Any] = {"path": name, "password": password, "media_type": media_type}
    request["include_hidden"] = include_hidden
    request |= {"has_data": data is not None, "pdfium": None, "page_seconds": page_seconds}
    lost: dict[int, str] = {}
    clock = _Clock(seconds, page_seconds)
    while True:
        try:
            kind, _, body = _ask_child({**request, "skip": lost}, data or b"", name, clock)
            break
        except _Died as death:
            if death.page and len(lost) < WORKER_MAX_LOST_PAGES:
                lost[death.page] = death.why
            elif death.page:
                what = f"{len(lost) + 1} of its pages cannot be read; page {death.page} {death.why}"
                raise Unreadable(what, name, "Print it to a new PDF and try that") from death
            elif request["pdfium"] is None:
                request["pdfium"] = False
            else:
                hint = "The file may be damaged or hostile; print it to a new PDF and try that"
                raise Unreadable(
                    "its reader crashed twice, over its limit of 2 GiB or by a fault", name, hint
                ) from death
    if kind == b"document":
        return from_json(body.decode("utf-8"))
    raise _error(body)


def inspect_in_worker(
    path: str | Path,
    data: bytes,
    page: Page,
    *,
    password: str | None = None,
    seconds: float = WORKER_WALL_SECONDS,
    page_seconds: float = WORKER_PAGE_SECONDS,
) -> PageView:
    """The same PageView as `inspection.inspect_page`, from a child process with the limits of `read_in_worker`.

    Raises its errors, and Unreadable where the page takes longer than `page_seconds` or crashes its reader.
    """
    from docqa.ingest.pdf import inspection

    name = str(path)
    request = {"path": name, "password": password, "inspect": asdict(page)}
    try:
        kind, _, body = _ask_child(request, data, name, _Clock(seconds, page_seconds))
    except _Died as death:
        what = f"page {page.page} {death.why}"
        raise Unreadable(what, name, "What was read of it before still answers questions") from death
    if kind == b"view":
        return inspection.from_json(body.decode("utf-8"))
    raise _error(body)


def _error(body: bytes) -> IngestError:
    error = json.loads(body)
    return ERRORS.get(error["kind"], Unreadable)(error["message"], error["path"], error["hint"])


def _ask_child(request: dict[str, Any], data: bytes, name: str, clock: _Clock) -> tuple[bytes, bytes, bytes]:
    """The child's answer: kind, a newline, body. Raises _Died, and Unreadable when it ran out of time."""
    header = json.dumps(request).encode()
    message = b"".join((_LENGTH.pack(len(header)), header, _LENGTH.pack(len(data)), data))
    # -P: a file called json.py beside the user's documents is not ours to run.
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "docqa.ingest.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert child.stdin and child.stdout
    frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threads = [
        threading.Thread(target=_send, args=(child.stdin, message), daemon=True),
        threading.Thread(target=_receive, args=(child.stdout, frames), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        return _answer_of(child, frames, name, clock)
    finally:
        _kill(child)
        child.wait()
        for thread in threads:
            thread.join()
        child.stdout.close()


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End it and its forks, which are in its session."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()


def _answer_of(
    child: subprocess.Popen[bytes],
    frames: queue.SimpleQueue[bytes | None],
    name: str,
    clock: _Clock,
) -> tuple[bytes, bytes, bytes]:
    page, recognising = 0, False
    while True:
        started = time.monotonic()
        left = clock.end - started
        most = WORKER_OCR_SECONDS_PER_PAGE if recognising else clock.page_seconds
        try:
            frame = frames.get(timeout=most if recognising else max(min(left, most) if page else left, 0.0))
        except queue.Empty:
            if recognising or (page and left > most):
                raise _Died(page, f"took longer than {most:g} seconds, not read") from None
            hint = "Split the file, or print it to a new PDF"
            raise Unreadable(f"reading took longer than {clock.seconds:.0f} seconds", name, hint) from None
        finally:
            if recognising:
                clock.end += time.monotonic() - started
        if frame is None:
            if child.wait() == -_cpu_signal():
                raise Unreadable("reading took more processor time than its limit", name, "Split the file")
            raise _Died(page, "crashed its reader, over the limit of 2 GiB or by a fault, not read")
        kind, newline, body = frame.partition(b"\n")
        if kind not in (b"page", b"ocr"):
            return kind, newline, body
        page, recognising = int(body), kind == b"ocr"


def _send(stream: IO[bytes], message: bytes) -> None:
    # A child that died does not read; what it was comes from its answer.
    with contextlib.suppress(BrokenPipeError), stream:
        stream.write(message)


def _receive(stream: IO[bytes], frames: queue.SimpleQueue[bytes | None]) -> None:
    """Puts every whole frame into `frames`, and None behind the last."""
    while True:
        head = stream.read(_LENGTH.size)
        length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else -1
        body = stream.read(length) if length >= 0 else b""
        frames.put(body if len(body) == length else None)
        if len(body) != length:
            return


def _cpu_signal() -> int:
    return int(getattr(signal, "SIGXCPU", 0))


def main() -> int:
    """The child: limits itself, reads one request from stdin, writes one answer to stdout."""
    stdin, stdout = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What a library prints must not fall between the frames.
    os.dup2(2, 1)
    limit_resources()
    request = json.loads(_read_frame(stdin))
    data = _read_frame(stdin)

    def send(frame: bytes) -> None:
        stdout.write(_LENGTH.pack(len(frame)) + frame)
        stdout.flush()

    def on_ocr(page: int) -> None:
        _allow_seconds(WORKER_OCR_SECONDS_PER_PAGE)
        send(b"ocr\n%d" % page)

    send(_answer(request, data, lambda page: send(b"page\n%d" % page), on_ocr))
    stdout.close()
    return 0


def _read_frame(stream: IO[bytes]) -> bytes:
    (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
    return stream.read(length)


def _answer(
    request: dict[str, Any], data: bytes, on_page: Callable[[int], None], on_ocr: Callable[[int], None]
) -> bytes:
    from docqa.ingest.pdf.pool import Pool, usable_cores
    from docqa.ingest.read import read
    from docqa.ingest.serialize import to_json

    try:
        if "inspect" in request:
            return b"view\n" + _inspect(request, data, on_page, on_ocr)
        document = read(
            request["path"],
            password=request["password"],
            media_type=request["media_type"],
            data=data if request["has_data"] else None,
            pdfium=request["pdfium"],
            on_pages=_allow_pages,
            on_page=on_page,
            on_ocr=on_ocr,
            skip={int(page): why for page, why in request["skip"].items()},
            include_hidden=request["include_hidden"],
            pool=Pool(usable_cores(), request["page_seconds"]),
        )
        return b"document\n" + to_json(document).encode("utf-8", "replace")
    except MemoryError:
        error = IngestError("reading it needs more than 2 GiB of memory", request["path"], "Split the file")
        return b"error\n" + _error_json("Unreadable", error)
    except IngestError as error:
        return b"error\n" + _error_json(type(error).__name__, error)


def _inspect(
    request: dict[str, Any], data: bytes, on_page: Callable[[int], None], on_ocr: Callable[[int], None]
) -> bytes:
    from docqa.ingest.pdf import inspection

    fields = request["inspect"]
    blocks = tuple(Block(**block) for block in fields.pop("blocks"))
    page = Page(**{**fields, "blocks": blocks, "furniture": tuple(fields["furniture"])})
    view = inspection.inspect_page(
        data, request["path"], page, password=request["password"], on_page=on_page, on_ocr=on_ocr
    )
    return inspection.to_json(view).encode("utf-8")


def _error_json(kind: str, error: IngestError) -> bytes:
    fields = {"kind": kind, "message": error.message, "path": error.path, "hint": error.hint}
    return json.dumps(fields).encode()


def limit_resources() -> None:
    """Sets the limits of a reader on this process: memory, processor time, size of files. They cannot be taken back."""
    try:
        import resource
    except ImportError:  # Windows: the wall clock alone bounds the child
        return
    most = int(WORKER_CPU_SECONDS + WORKER_CPU_SECONDS_PER_PAGE * MAX_PAGES)
    for kind, limit in (
        (resource.RLIMIT_AS, (WORKER_MEMORY_BYTES, WORKER_MEMORY_BYTES)),
        (resource.RLIMIT_CPU, (WORKER_CPU_SECONDS, most)),
        (resource.RLIMIT_FSIZE, (WORKER_FILE_BYTES, WORKER_FILE_BYTES)),
        (resource.RLIMIT_CORE, (0, 0)),
    ):
        try:
            resource.setrlimit(kind, limit)
        except (ValueError, OSError):  # a platform without this limit, or one already stricter
            continue


def _allow_pages(pages: int) -> None:
    """Half a second of processor time for every page on top of the basic allowance."""
    _allow_seconds(int(WORKER_CPU_SECONDS_PER_PAGE * pages))


def _allow_seconds(more: int) -> None:
    """So many seconds of processor time more."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = soft + more
    resource.setrlimit(resource.RLIMIT_CPU, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


if __name__ == "__main__":
    sys.exit(main())
