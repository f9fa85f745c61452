"""PDF to Document: pypdf opens the file, checks its sizes and reads its structure; pdfium gives
words with boxes. Where it is absent, or crashed before, pypdf gives the text in drawing order."""

import io
import logging
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from docqa.ingest.errors import Encrypted, IngestError, Unreadable, refuse_over_limit
from docqa.ingest.limits import MAX_PAGES
from docqa.ingest.request import PageEvents, ReadRequest
from docqa.ingest.types import Document

from .document import FileLevelContent, build_document, parse_file_level_content
from .errors import DAMAGED, error_reason, pdf_errors
from .measures import LONG_DOCUMENT
from .pages import extract_pages
from .streams import StreamSizes, object_in_stream

_FIRST_PAGES = 2  # of a long document, shown before the others are parsed
_ASK_PASSWORD = "Give its password in a file: --password-file FILE"


def read_pdf(request: ReadRequest, events: PageEvents) -> Document:
    """The Document of a PDF; scans are recognised with docqa-reader[ocr]. Raises Encrypted,
    Unreadable, TooLarge, NoText."""
    reader, opened = open_request(request)
    count = count_pages(reader)
    events.on_pages(count)
    if events.on_first and count >= LONG_DOCUMENT:
        # Without annotations; nothing where the first pages have no text.
        with suppress(IngestError):
            first = extract_pages(reader, opened, events, _FIRST_PAGES)
            outside = FileLevelContent("", [None] * _FIRST_PAGES, [], {}, [])
            events.on_first(build_document(opened, first, outside))
    outside = parse_file_level_content(reader, opened)
    return build_document(request, extract_pages(reader, opened, events), outside)


def open_request(request: ReadRequest) -> tuple[Any, ReadRequest]:
    """pypdf's reader, and the request with the bytes that it parses, repaired where needed, and the
    password that opened them. Raises Encrypted, Unreadable."""
    try:
        reader, password = open_pdf(request.content, request.password)
        damaged = "damaged" in (StreamSizes().problem(reader, 0) or "")
        copy = _rebuild_with_pdfium(request.content, password) if damaged else None
    except Unreadable:
        copy = _rebuild_with_pdfium(request.content, request.password)
        if copy is None:
            raise
    if copy is not None:
        reader, password = open_pdf(copy, request.password)
    return reader, replace(request, data=copy or request.data, password=password)


def _rebuild_with_pdfium(data: bytes, password: str | None) -> bytes | None:
    """`data` as pdfium writes it anew; None where it finds no pages."""
    import pypdfium2

    copy = io.BytesIO()
    errors = pypdfium2.PdfiumError, MemoryError, OSError
    with suppress(*errors), closing(pypdfium2.PdfDocument(data, password=password)) as file:
        if len(file):
            file.save(copy)
    return copy.getvalue() or None


def open_pdf(data: bytes, password: str | None) -> tuple[Any, str | None]:
    """pypdf's reader, and the password that opened it, if any. Raises Encrypted, Unreadable."""
    from pypdf import PdfReader, apply_configuration, get_configuration

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    apply_configuration(get_configuration().with_overwrites(jbig2dec_binary=None))
    try:
        reader: Any = PdfReader(io.BytesIO(data), strict=False)
        reader._get_object_from_stream = partial(
            object_in_stream, reader, reader._get_object_from_stream, {}
        )
        for attempt in ("", password) if reader.is_encrypted else (None,):
            if not reader.is_encrypted or (attempt is not None and reader.decrypt(attempt)):
                return reader, attempt
    except pdf_errors() as error:
        raise Unreadable(f"not a readable PDF ({error_reason(error)})", hint=DAMAGED) from error
    if password is None:
        raise Encrypted("the PDF is encrypted and needs a password", hint=_ASK_PASSWORD)
    raise Encrypted("the given password does not open the PDF", hint="Check the password")


def count_pages(reader: Any) -> int:
    """The number of pages. Raises Unreadable, TooLarge."""
    try:
        count = len(reader.pages)
    except pdf_errors() as error:
        raise Unreadable(
            f"its page tree cannot be read ({error_reason(error)})", hint=DAMAGED
        ) from error
    if count == 0:
        raise Unreadable("the PDF has no pages", hint=DAMAGED)
    refuse_over_limit(MAX_PAGES, count, "pages")
    return count
