"""The pages of a PDF one by one: each is read by pdfium, or by pypdf, or lost alone with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from docqa.ingest.errors import Unreadable
from docqa.ingest.limits import MAX_PAGE_CHARS, WORKER_MAX_LOST_PAGES, WORKER_MEMORY_BYTES
from docqa.ingest.pdf import ocr as scans
from docqa.ingest.pdf.errors import pdf_errors, reason
from docqa.ingest.pdf.layout.line_numbers import pages_to_read_again
from docqa.ingest.pdf.layout.reading_order import Line, order_lines
from docqa.ingest.pdf.ligatures import ligature_codes
from docqa.ingest.pdf.ocr import NotRecognised, Recognised, Recogniser
from docqa.ingest.pdf.pool import Pool, read_pages
from docqa.ingest.pdf.raw_page import Hidden, PageWords, PdfiumFile
from docqa.ingest.pdf.streams import Streams
from docqa.ingest.pdf.structure import has_layers
from docqa.ingest.structure.clean import clean, squeeze, strip_invisible

ZERO_WIDTH = "zero-width characters"


@dataclass
class RawPage:
    """A page between extraction and text: lines with boxes (pdfium), or plain paragraphs (pypdf).

    `width` (0 where it is not known) and `height` are in points, the height of a page by pypdf in lines. `numbers` are
    its printed line numbers ("1–28"). `ocr`: the text was recognised from a picture, by docqa (then with a `score`, 0
    to 1, and a number of `doubted` lines) or before. `scan`: it is a picture whose text was not recognised.
    `problem`: why it was not read.
    """

    lines: list[Line] = field(default_factory=list)
    plain: str = ""
    width: float = 0.0
    height: float = 0.0
    hidden: list[Hidden] = field(default_factory=list)
    ocr: bool = False
    numbers: str | None = None
    problem: str | None = None
    scan: bool = False
    score: float | None = None
    doubted: int = 0


def extract(
    reader: Any,
    data: bytes,
    password: str | None,
    *,
    path: str,
    use_pdfium: bool,
    skip: Mapping[int, str],
    on_page: Callable[[int], None] | None,
    on_ocr: Callable[[int], None] | None,
    pool: Pool | None = None,
) -> list[RawPage]:
    """Every page in order. Pages (from 1) of `skip` are lost for the reason given there; `on_page` is told each
    page before it is read, and 0 behind the last; `on_ocr` each page before its picture is recognised.

    The processes of `pool` read most pages of a long file beforehand; of those `on_page` is not told. Pictures that
    are recognised, and pages with a problem, are read here, and once more what the pages around say of line numbers.
    Raises Unreadable where too many pages are lost.
    """
    count = len(reader.pages)
    streams = Streams()
    recogniser = Recogniser(on_ocr) if use_pdfium and scans.available() else None
    with ExitStack() as stack:
        file = _open_pdfium(reader, data, password, stack) if use_pdfium else None

        def read_early(index: int) -> RawPage | None:
            page = _read(reader, streams, file, index, None)
            return None if page.problem is not None or (page.scan and recogniser is not None) else page

        left = [index for index in range(count) if index + 1 not in skip]
        early, slow = read_pages(read_early, left, pool) if pool is not None else ({}, {})
        lost = {**skip, **{index + 1: why for index, why in slow.items()}}
        if slow and len(lost) > WORKER_MAX_LOST_PAGES:
            raise _too_many(lost, path)
        pages: list[RawPage] = []
        for index in range(count):
            why, page = lost.get(index + 1), early.pop(index, None)
            if page is None and why is None and on_page is not None:
                on_page(index + 1)
            if page is None:
                page = RawPage(problem=why) if why is not None else _read(reader, streams, file, index, recogniser)
            pages.append(page)
        if file is not None:
            again = pages_to_read_again([page.numbers is not None for page in pages])
            for index, numbered in again.items():
                if not pages[index].ocr and pages[index].problem is None and pages[index].lines:
                    if on_page is not None:
                        on_page(index + 1)
                    pages[index] = _read(reader, streams, file, index, None, numbered=numbered)
    if on_page is not None:
        on_page(0)
    return pages


def _too_many(lost: Mapping[int, str], path: str) -> Unreadable:
    """The error for a file with so many `lost` pages (from 1), each with its reason."""
    page = max(lost)
    what = f"{len(lost)} of its pages cannot be read; page {page} {lost[page]}"
    return Unreadable(what, path, "Print it to a new PDF and try that")


def extract_one(
    reader: Any,
    data: bytes,
    password: str | None,
    index: int,
    *,
    use_pdfium: bool,
    on_ocr: Callable[[int], None] | None,
    numbered: bool = False,
) -> tuple[RawPage, bytes | None]:
    """Page `index` (from 0) alone, and its picture as a PNG: None without pdfium, or where the page was not opened.

    `numbered`: the document has line numbers. `on_ocr` is told the page (from 1) before its picture is recognised.
    """
    recogniser = Recogniser(on_ocr) if use_pdfium and scans.available() else None
    with ExitStack() as stack:
        file = _open_pdfium(reader, data, password, stack) if use_pdfium else None
        page = _read(reader, Streams(), file, index, recogniser, numbered=numbered)
        return page, _png(file, index) if file is not None and page.width else None


def _png(file: PdfiumFile, index: int) -> bytes | None:
    """None where the page cannot be drawn: what was read of it is worth showing all the same."""
    import pypdfium2

    try:
        return file.page_png(index)
    except (pypdfium2.PdfiumError, MemoryError):
        return None


def _open_pdfium(reader: Any, data: bytes, password: str | None, stack: ExitStack) -> PdfiumFile | None:
    """The file in pdfium, None where it cannot open it or counts its pages differently."""
    import pypdfium2

    try:
        ligatures = partial(ligature_codes, reader)
        file = stack.enter_context(PdfiumFile(data, password, layered=has_layers(reader), ligatures=ligatures))
    except pypdfium2.PdfiumError:
        return None
    return file if len(file) == len(reader.pages) else None


def _read(
    reader: Any,
    streams: Streams,
    file: PdfiumFile | None,
    index: int,
    recogniser: Recogniser | None,
    *,
    numbered: bool | None = None,
) -> RawPage:
    """Page `index` (from 0); `numbered` as in `order_lines`."""
    try:
        problem = streams.problem(reader, index)
        if problem is not None:
            return RawPage(problem=problem)
        return _pypdf_page(reader, index) if file is None else _pdfium_page(file, index, recogniser, numbered)
    except MemoryError:
        return RawPage(problem=f"needs more memory than the limit of {WORKER_MEMORY_BYTES / 2**30:g} GiB, not read")
    except pdf_errors() as error:
        return RawPage(problem=f"damaged, not read ({reason(error)})")


def _pdfium_page(file: PdfiumFile, index: int, recogniser: Recogniser | None, numbered: bool | None = None) -> RawPage:
    import pypdfium2

    try:
        seen = file.page_words(index)
        read, problem = _recognised(file, index, seen, recogniser)
    except pypdfium2.PdfiumError as error:
        return RawPage(problem=f"damaged, not read ({reason(error)})")
    if seen.chars > MAX_PAGE_CHARS:
        return RawPage(problem=f"{seen.chars:,} characters, the limit is {MAX_PAGE_CHARS:,}; not read")
    # What is recognised has the few words that are printed over a picture too.
    words = read.words if read is not None and read.words else seen.words
    lines, numbers = order_lines(words, seen.width, rules=seen.rules, numbered=numbered)
    hidden = list(seen.hidden)
    for line in lines:
        text, invisible = strip_invisible(clean(line.text))
        line.text = squeeze(text)
        hidden.extend([Hidden("", ZERO_WIDTH)] * invisible)
    lines = [line for line in lines if line.text]
    page = RawPage(lines, "", seen.width, seen.height, hidden, seen.ocr, numbers, problem)
    if read is not None and read.words:
        page.ocr, page.score, page.doubted = True, read.score, read.doubted
    else:
        page.scan = read is not None
    return page


def _recognised(
    file: PdfiumFile, index: int, seen: PageWords, recogniser: Recogniser | None
) -> tuple[Recognised | None, str | None]:
    """What was recognised where the page is a picture (None elsewhere), and why it was not."""
    if seen.chars > MAX_PAGE_CHARS:
        return None, None
    try:
        return file.recognised(index, seen.words, recogniser), None
    except NotRecognised as error:
        return None, str(error)


def _pypdf_page(reader: Any, index: int) -> RawPage:
    text = reader.pages[index].extract_text()
    if len(text) > MAX_PAGE_CHARS:
        return RawPage(problem=f"{len(text):,} characters, the limit is {MAX_PAGE_CHARS:,}; not read")
    text, invisible = strip_invisible(clean(text))
    # Without boxes a line's place is its number, and its size is unknown.
    lines = [squeeze(line) for line in text.split("\n") if line.strip()]
    boxed = [Line(line, 0, n, 0, n, False, 0, -1, 0, 0) for n, line in enumerate(lines)]
    height = float(max(len(lines), 1))
    return RawPage(boxed, "\n".join(lines), 0.0, height, [Hidden("", ZERO_WIDTH)] * invisible)
