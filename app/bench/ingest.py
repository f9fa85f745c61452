"""The rows of reading PDF files: docqa's time a page beside pypdf's plain extraction, and what each part takes of it.

Times are those of the processor, in this process and on one core, so that other work on the machine does not count.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
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


class _Parts:
    """The parts of ingest on one file, to be run in the order of _PARTS."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.reader: PdfReader
        self.seen: list[PageWords]

    def open(self) -> None:
        self.reader, _ = open_pdf(self.data, None)

    def sizes(self) -> None:
        streams = Streams()
        self.reader.resolved_objects.clear()
        for index in range(len(self.reader.pages)):
            streams.problem(self.reader, index)

    def words(self) -> None:
        with PdfiumFile(self.data, None) as file:
            self.seen = [file.page_words(index) for index in range(len(self.reader.pages))]
            for index, seen in enumerate(self.seen):
                with file.page(index) as page:
                    is_picture(page, seen.words)

    def order(self) -> None:
        for seen in self.seen:
            order_lines(seen.words, seen.width)


def _one(data: bytes, name: str) -> tuple[float, float, int, dict[str, float]]:
    """Seconds of docqa, seconds of pypdf, pages, and seconds of each part."""
    pages = len(read(ReadRequest(name, data)).pages)
    ours = fastest(lambda: read(ReadRequest(name, data)), _REPEATS, time.process_time)
    theirs = fastest(lambda: _plain(data), _REPEATS, time.process_time)
    parts = _Parts(data)
    split = {part: fastest(getattr(parts, part), _REPEATS, time.process_time) for part in _PARTS}
    return ours, theirs, pages, split


def _plain(data: bytes) -> None:
    for page in PdfReader(io.BytesIO(data)).pages:
        page.extract_text()
