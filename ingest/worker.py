"""Reading in a child process with limits on memory, processor time and time, so that no file can
harm the reader.

The parent sends a JSON request and the bytes (empty: the child reads the path). The child answers
with a PDF's number of pages, the Document of its first ones where wanted, a message for each page
that it begins or recognises, and last the Document, what was seen on the one page
asked for, or the error.
"""

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from . import limits
from .errors import ERRORS, IngestError, Unreadable, name_file_in_errors
from .process import limits as process_limits
from .process.limits import ChildProcessWatch
from .process.messages import Inbox, pipes_of_child, send, start_child
from .process.processor_time import Stopwatch
from .request import PageEvents, ReadRequest
from .serialize import field_values, from_bytes, json_decoder_for
from .types import Document, Page

if TYPE_CHECKING:
    from .pdf.inspection import PageBoxes

_NO_CONSOLE = getattr(
    subprocess, "CREATE_NO_WINDOW", 0
)  # on Windows, where a console would show for a moment

# Of a request, not sent: its bytes follow it, and the time of all is the parent's matter.
_OWN = {"path", "data", "seconds", "until"}


# What a page is made of is rarely in cycles; Python's own 700 would look for them hundreds of times
# a document.
_YOUNG_OBJECTS = 50_000


_COUNTED = (b"pages", b"page", b"ocr")
_ALLOWED = (b"pages", b"ocr")


class _ChildDied(Exception):
    """The child ended without an answer, or was stopped, at `page` (0: none)."""

    def __init__(self, page: int, why: str) -> None:
        super().__init__(page, why)
        self.page = page
        self.why = why


def read_in_worker(request: ReadRequest) -> Document:
    """The Document of `read.read`, from a child process with the memory and the wall time of
    `request`.

    A PDF page that takes `page_seconds` of processor time, or crashes its reader, is left empty and
    named in the warnings; the ninth such page is Unreadable, and so is running over the limits
    elsewhere. A crash outside the pages is tried once more with pypdf alone. Raises the
    IngestErrors of `read`.
    """
    return DocumentReading(request).document()


class DocumentReading:
    """A document that a child process reads from now on."""

    def __init__(self, request: ReadRequest) -> None:
        self._request = request
        self._child: _ReaderChild | None = _ReaderChild(request, None)

    def close(self) -> None:
        """Ends the child, where it is still there."""
        if self._child:
            self._child.close()

    def document(self) -> Document:
        """What was read, see `read_in_worker`; once."""
        request = self._request
        clock = _ReadingLimits(self._request)
        with name_file_in_errors(request.name):
            while True:
                child = self._child or _ReaderChild(request, None)
                self._child = None
                try:
                    answer = child.answer(clock)
                    request.refuse_large(len(answer))
                    return from_bytes(answer, request.name)
                except _ChildDied as death:
                    if death.page:
                        request = replace(request, skip={**request.skip, death.page: death.why})
                        if len(request.skip) > limits.WORKER_MAX_LOST_PAGES:
                            what = f"{len(request.skip)} of its pages cannot be read; page {death.page} {death.why}"
                            raise Unreadable(
                                what, hint="Print it to a new PDF and try that"
                            ) from death
                    elif request.pdfium:
                        request = replace(request, pdfium=False)
                    else:
                        what = f"its reader crashed twice, over its limit of {_memory_in_mib(request)} or by a fault"
                        raise Unreadable(
                            what, hint=f"The file may be damaged or hostile. {request.hint}"
                        ) from death


def inspect_in_worker(request: ReadRequest, page: Page) -> "PageBoxes":
    """The PageBoxes of `inspection.inspect_page`, from such a child. Raises its errors, and
    Unreadable where the page takes over `page_seconds` or crashes its reader."""
    from .pdf import inspection

    with name_file_in_errors(request.name):
        try:
            return inspection.from_bytes(
                _ReaderChild(request, page).answer(_ReadingLimits(request))
            )
        except _ChildDied as death:
            what = f"page {page.page} {death.why}"
            raise Unreadable(
                what, hint="Questions are still answered from what was read before"
            ) from death


class _ReadingLimits:
    """The limits of one reading: `seconds` in all, to `end` at first."""

    def __init__(self, request: ReadRequest) -> None:
        self.request = request
        begun = time.monotonic()
        self.end = min(begun + request.seconds, request.until)
        self.seconds = self.end - begun
        self._begun = self._pages = 0

    def first(self, body: bytes) -> None:
        if self.request.on_first:
            self.request.on_first(from_bytes(body, self.request.name))

    def count(self, kind: bytes, page_number: int) -> None:
        """Tells the caller how many pages are begun."""
        if kind == b"pages":
            self._begun = 0
            self._pages = page_number
        elif kind == b"page" and page_number and self.request.on_page:
            self._begun = min(self._begun + 1, self._pages)
            self.request.on_page(self._begun, self._pages)


class _ReaderChild:
    """A child process that reads a document, or looks at a `page` of it."""

    def __init__(self, request: ReadRequest, page: Page | None) -> None:
        names = (name for name in vars(request) if name not in _OWN and not name.startswith("on_"))
        fields = {name: getattr(request, name) for name in names}
        fields |= {"path": request.name, "has_data": request.data is not None, "page": page}
        fields["wants_first"] = request.on_first is not None
        header = json.dumps(fields, default=field_values).encode()
        self._size = (
            len(request.content) if request.data is not None else _size_of_file(request.name)
        )
        self._process = start_child("docqa.ingest.worker", _NO_CONSOLE, stderr=subprocess.DEVNULL)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._inbox = Inbox(self._process.stdout)
        self._requests = self._process.stdin
        given = self._requests, header, request.content
        self._sender = threading.Thread(target=_send_messages, args=given, daemon=True)
        self._sender.start()
        watched = process_limits.are_processes_watched()
        self._watch = (
            ChildProcessWatch(self._process, budget_seconds(self._size), request.memory)
            if watched
            else None
        )

    def answer(self, clock: _ReadingLimits) -> bytes:
        """A Document, or what was seen on the page. Raises _ChildDied, and the errors of reading it."""
        try:
            last = self._last_message(clock)
        finally:
            self.close()
        kind, _, body = last.partition(b"\n")
        if kind == b"error":
            error = json.loads(body)
            raise ERRORS.get(error["kind"], Unreadable)(
                error["message"], where=error["where"], hint=error["hint"]
            )
        return body

    def _last_message(self, clock: _ReadingLimits) -> bytes:
        """What the child says last. Raises _ChildDied, and Unreadable when it ran out of time."""
        page = 0
        recognising = False
        step = Stopwatch(self._process.pid)
        while True:
            started = time.monotonic()
            left = clock.end - started
            most = limits.WORKER_OCR_SECONDS_PER_PAGE if recognising else clock.request.page_seconds
            allowed = step.left(most) if page else left
            try:
                message = self._inbox.next(allowed if recognising else min(left, allowed))
            except EOFError:
                over = self._watch.over if self._watch else ""
                if (
                    self._process.wait() == -getattr(signal, "SIGXCPU", sys.maxsize)
                    or over == process_limits.TIME
                ):
                    most = budget_seconds(self._size)
                    what = f"reading took more processor time than its limit, {most} seconds for its size"
                    raise Unreadable(
                        what, hint="Split the file, or print it to a PDF and read that"
                    ) from None
                memory = _memory_in_mib(clock.request)
                raise _ChildDied(
                    page, f"crashed its reader, over the limit of {memory} or by a fault, not read"
                ) from None
            if recognising:
                clock.end += time.monotonic() - started
            if message is None:
                if page and step.left(most) <= 0:
                    raise _ChildDied(page, f"took longer than {most:g} seconds, not read")
                if recognising or time.monotonic() < clock.end:
                    continue
                raise Unreadable(
                    f"reading took longer than {clock.seconds:.0f} seconds", hint=clock.request.hint
                )
            kind, _, number = message.partition(b"\n")
            if kind == b"first":
                clock.first(number)
                continue
            if kind not in _COUNTED:
                return message
            if self._watch and kind in _ALLOWED:
                self._watch.add_allowed_seconds(_seconds_allowed(kind, int(number)))
            clock.count(kind, int(number))
            if kind != b"pages":
                page = int(number)
                recognising = kind == b"ocr"
            step.start()

    def close(self) -> None:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()
        if self._watch:
            self._watch.close()
        self._sender.join()
        with contextlib.suppress(OSError):  # what it did not read
            self._requests.close()
        self._inbox.close()


def _send_messages(stream: IO[bytes], *messages: bytes) -> None:
    # The stream stays open: its end tells the child that this process is gone. A child that died
    # does not read; what it was comes from its answer. Windows calls a broken pipe EINVAL.
    with contextlib.suppress(OSError):
        for message in messages:
            send(stream, message)


def _memory_in_mib(request: ReadRequest) -> str:
    return f"{request.memory >> 20:,} MiB"


def budget_seconds(size: int) -> int:
    """The processor time that a document of `size` bytes may take, without its pages."""
    return limits.WORKER_CPU_SECONDS + limits.WORKER_CPU_SECONDS_PER_MIB * size // 2**20


def _size_of_file(path: str) -> int:
    return os.path.getsize(path) if os.path.isfile(path) else 0


def _seconds_allowed(kind: bytes, number: int) -> int:
    """The processor time in seconds that a PDF's pages, or recognising one, have besides its
    budget.
    """
    return (
        int(limits.WORKER_CPU_SECONDS_PER_PAGE * number)
        if kind == b"pages"
        else limits.WORKER_OCR_SECONDS_PER_PAGE
    )


def main() -> int:
    """The child: limits itself, reads a request from stdin, writes an answer to stdout. Ends at once
    where its parent does."""
    requests, answers = pipes_of_child()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 50)
    limit_resources()
    inbox = Inbox(requests, on_end=lambda: os._exit(1))
    fields = json.loads(inbox.wait())
    data = inbox.wait()
    size = len(data) if fields["has_data"] else _size_of_file(fields["path"])
    process_limits.allow_seconds(budget_seconds(size) - limits.WORKER_CPU_SECONDS)
    process_limits.limit_memory(fields["memory"])

    def tell(kind: bytes, number: int) -> None:
        if kind in _ALLOWED:
            process_limits.allow_seconds(_seconds_allowed(kind, number))
        send(answers, b"%s\n%d" % (kind, number))

    def tell_first(document: Document) -> None:
        from .serialize import to_bytes

        send(answers, b"first\n" + to_bytes(document))

    events = PageEvents(*(partial(tell, kind) for kind in _COUNTED))
    events = replace(events, on_first=tell_first if fields.pop("wants_first") else None)
    send(answers, _answer_request(fields, data, events))
    answers.close()
    return 0


def _answer_request(fields: dict[str, Any], data: bytes, events: PageEvents) -> bytes:
    page = fields.pop("page")
    has_data = fields.pop("has_data")
    fields["within"] = fields["within"] and tuple(fields["within"])
    fields["skip"] = {int(number): why for number, why in fields["skip"].items()}
    request = ReadRequest(**fields, data=data if has_data else None)
    try:
        if page is None:
            from .read import read
            from .serialize import to_bytes

            answer = to_bytes(read(request, events))
        else:
            from .pdf import inspection

            boxes = inspection.inspect_page(request, json_decoder_for(Page)(page), events)
            answer = inspection.to_bytes(boxes)
        return b"answer\n" + answer
    except MemoryError:
        what = f"reading it takes more than {_memory_in_mib(request)} of memory"
        kind = "Unreadable"
        error = IngestError(what, hint=request.hint)
    except IngestError as raised:
        kind = type(raised).__name__
        error = raised
    record = {"kind": kind, "message": error.message, "where": error.where, "hint": error.hint}
    return b"error\n" + json.dumps(record).encode()


def limit_resources() -> None:
    """Sets a reader's limits on this process for good: memory, processor time, size of files."""
    most = (
        budget_seconds(limits.MAX_FILE_BYTES)
        + limits.WORKER_CPU_SECONDS_PER_PAGE * limits.MAX_PAGES
    )
    process_limits.limit_resources(int(most))


if __name__ == "__main__":
    sys.exit(main())
