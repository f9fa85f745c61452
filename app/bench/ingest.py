"""The rows of reading PDF files: docqa's time a page beside pypdf's plain extraction, and what each part takes of it.

Times are those of the processor, in this process and on one core, so that other work on the machine does not count.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pypdf import PdfReader

from docqa.app.bench.rows import Measurement, fastest
from docqa.ingest.pdf.layout.reading_order import order_lines
from docqa.ingest.pdf.ocr import is_picture
from docqa.ingest.pdf.raw_page import PageWords, PdfiumFile
from docqa.ingest.pdf.reader import open_pdf
from docqa.ingest.pdf.streams import Streams
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

_REPEATS = 3
_PARTS = {
    "open": "pypdf opens the file and finds its pages",
    "sizes": "streams inflated and measured before pdfium may see them",
    "words": "words with boxes by pdfium, what is hidden among them, whether the page is a picture",
    "order": "words to lines in reading order",
}


def ingest_rows(files: list[Path]) -> Iterator[Measurement]:
    """`ingest` for all of the PDF `files` together, and `ingest_PART` for each part of it, in ms a page."""
    ours = theirs = 0.0
    parts: dict[str, float] = {}
    pages = 0
    for file in files:
        data = file.read_bytes()
        mine, plain, count, split = _one(data, str(file))
        ours, theirs, pages = ours + mine, theirs + plain, pages + count
        for name, seconds in split.items():
            parts[name] = parts.get(name, 0.0) + seconds
    names = ", ".join(file.name for file in files)
    if not pages:
        yield Measurement("ingest", None, "ms/page", "pypdf", None, "not measured: the sample documents are not here")
        return
    each = 1000 / pages
    method = f"{pages} pages of {names}, time of one core, best of {_REPEATS}; pypdf: extract_text of every page"
    yield Measurement("ingest", each * ours, "ms/page", "pypdf", each * theirs, f"{method}; the bar is a ratio of 0.33")
    for name, what in _PARTS.items():
        yield Measurement(f"ingest_{name}", each * parts[name], "ms/page", None, None, what)
    rest = each * (ours - sum(parts.values()))
    yield Measurement(
        "ingest_rest", max(rest, 0.0), "ms/page", None, None,
        "running heads, paragraphs, sections, passages, references: what is left of ingest",
    )  # fmt: skip


def _one(data: bytes, name: str) -> tuple[float, float, int, dict[str, float]]:
    """Seconds of docqa, seconds of pypdf, pages, and seconds of each part."""
    pages = len(read(ReadRequest(name, data)).pages)
    reader, seen = open_pdf(data, None)[0], _words(data, pages)
    actions: dict[str, Callable[[], object]] = {
        "ours": lambda: read(ReadRequest(name, data)),
        "theirs": lambda: _plain(data),
        "open": lambda: open_pdf(data, None),
        "sizes": lambda: _sizes(reader),
        "words": lambda: _words(data, pages),
        "order": lambda: [order_lines(each.words, each.width) for each in seen],
    }
    taken = {action: fastest(run, _REPEATS, time.process_time) for action, run in actions.items()}
    return taken.pop("ours"), taken.pop("theirs"), pages, taken


def _sizes(reader: PdfReader) -> None:
    streams = Streams()
    reader.resolved_objects.clear()
    for index in range(len(reader.pages)):
        streams.problem(reader, index)


def _words(data: bytes, pages: int) -> list[PageWords]:
    with PdfiumFile(data, None) as file:
        seen = [file.page_words(index) for index in range(pages)]
        for index, each in enumerate(seen):
            with file.page(index) as page:
                is_picture(page, each.words)
    return seen


def _plain(data: bytes) -> None:
    for page in PdfReader(io.BytesIO(data)).pages:
        page.extract_text()
