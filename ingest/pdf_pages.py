"""The pages of a PDF one by one: each is read by pdfium, or by pypdf, or lost alone with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from .clean import clean, squeeze, strip_invisible
from .layout import Line, order_lines
from .limits import MAX_PAGE_CHARS, WORKER_MEMORY_BYTES
from .pdf_errors import pdf_errors, reason
from .pdfium import Hidden, PdfiumFile
from .streams import Streams

ZERO_WIDTH = "zero-width characters"


@dataclass
class RawPage:
    """A page between extraction and text: lines with boxes (pdfium), or plain paragraphs (pypdf).

    `numbers` are its printed line numbers ("1–28"). `problem`: why it was not read.
    """

    lines: list[Line] = field(default_factory=list)
    plain: str = ""
    height: float = 0.0
    hidden: list[Hidden] = field(default_factory=list)
    ocr: bool = False
    numbers: str | None = None
    problem: str | None = None


def extract(
    reader: Any,
    data: bytes,
    password: str | None,
    *,
    use_pdfium: bool,
    skip: Mapping[int, str],
    on_page: Callable[[int], None] | None,
) -> Iterator[RawPage]:
    """Every page in order. Pages (from 1) of `skip` are lost for the reason given there; `on_page` is told each
    page before it is read, and 0 behind the last.
    """
    count = len(reader.pages)
    streams = Streams()
    with ExitStack() as stack:
        file = _open_pdfium(data, password, count, stack) if use_pdfium else None
        for index in range(count):
            if on_page is not None:
                on_page(index + 1)
            yield RawPage(problem=skip[index + 1]) if index + 1 in skip else _read(reader, streams, file, index)
    if on_page is not None:
        on_page(0)


def _open_pdfium(data: bytes, password: str | None, count: int, stack: ExitStack) -> PdfiumFile | None:
    """The file in pdfium, None where it cannot open it or counts its pages differently."""
    import pypdfium2

    try:
        file = stack.enter_context(PdfiumFile(data, password))
    except pypdfium2.PdfiumError:
        return None
    return file if len(file) == count else None


def _read(reader: Any, streams: Streams, file: PdfiumFile | None, index: int) -> RawPage:
    try:
        problem = streams.problem(reader, index)
        if problem is not None:
            return RawPage(problem=problem)
        return _pypdf_page(reader, index) if file is None else _pdfium_page(file, index)
    except MemoryError:
        return RawPage(problem=f"needs more memory than the limit of {WORKER_MEMORY_BYTES / 2**30:g} GiB, not read")
    except pdf_errors() as error:
        return RawPage(problem=f"damaged, not read ({reason(error)})")


def _pdfium_page(file: PdfiumFile, index: int) -> RawPage:
    import pypdfium2

    try:
        seen = file.page_words(index)
    except pypdfium2.PdfiumError as error:
        return RawPage(problem=f"damaged, not read ({reason(error)})")
    if seen.chars > MAX_PAGE_CHARS:
        return RawPage(problem=f"{seen.chars:,} characters, the limit is {MAX_PAGE_CHARS:,}; not read")
    lines, numbers = order_lines(seen.words, seen.width)
    hidden = list(seen.hidden)
    for line in lines:
        text, invisible = strip_invisible(clean(line.text))
        line.text = squeeze(text)
        hidden.extend([Hidden("", ZERO_WIDTH)] * invisible)
    return RawPage([line for line in lines if line.text], "", seen.height, hidden, seen.ocr, numbers)


def _pypdf_page(reader: Any, index: int) -> RawPage:
    text = reader.pages[index].extract_text()
    if len(text) > MAX_PAGE_CHARS:
        return RawPage(problem=f"{len(text):,} characters, the limit is {MAX_PAGE_CHARS:,}; not read")
    text, invisible = strip_invisible(clean(text))
    # Without boxes a line's place is its number, and its size is unknown.
    lines = [squeeze(line) for line in text.split("\n") if line.strip()]
    boxed = [Line(line, 0, n, 0, n, False, 0, -1, 0, 0) for n, line in enumerate(lines)]
    return RawPage(boxed, "\n".join(lines), float(max(len(lines), 1)), [Hidden("", ZERO_WIDTH)] * invisible)
