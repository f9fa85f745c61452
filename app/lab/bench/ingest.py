"""The rows of reading PDF files: docqa's time a page beside pypdf's plain extraction, and what each part takes of it.

Times are those of the processor, in this process and on one core, so that other work on the machine does not count.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from docqa.app.lab.bench.rows import Row, fastest

_REPEATS = 3


def ingest_rows(files: list[Path]) -> Iterator[Row]:
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
        yield Row("ingest", None, "ms/page", "pypdf", None, "not measured: the sample documents are not here")
        return
    each = 1000 / pages
    method = f"{pages} pages of {names}, time of one core, best of {_REPEATS}; pypdf: extract_text of every page"
    yield Row("ingest", each * ours, "ms/page", "pypdf", each * theirs, f"{method}; a ratio of 0.33 or more wanted")
    for name, (_, what) in _PARTS.items():
        yield Row(f"ingest_{name}", each * parts[name], "ms/page", None, None, what)
    rest = each * (ours - sum(parts.values()))
    yield Row(
        "ingest_rest", max(rest, 0.0), "ms/page", None, None,
        "running heads, paragraphs, sections, passages, references: what is left of ingest",
    )  # fmt: skip


def _one(data: bytes, name: str) -> tuple[float, float, int, dict[str, float]]:
    """Seconds of docqa, seconds of pypdf, pages, and seconds of each part."""
    from docqa.ingest.read import read
    from docqa.ingest.request import ReadRequest

    pages = len(read(ReadRequest(name, data)).pages)
    ours = fastest(lambda: read(ReadRequest(name, data)), _REPEATS, time.process_time)
    theirs = fastest(lambda: _plain(data), _REPEATS, time.process_time)
    held: dict[str, Any] = {"data": data, "name": name}
    split = {part: fastest(partial(action, held), _REPEATS, time.process_time) for part, (action, _) in _PARTS.items()}
    return ours, theirs, pages, split


def _plain(data: bytes) -> None:
    from pypdf import PdfReader

    for page in PdfReader(io.BytesIO(data)).pages:
        page.extract_text()


def _open(held: dict[str, Any]) -> None:
    from docqa.ingest.pdf.reader import open_pdf

    held["reader"], _ = open_pdf(held["data"], None)
    held["pages"] = len(held["reader"].pages)


def _sizes(held: dict[str, Any]) -> None:
    from docqa.ingest.pdf.streams import Streams

    streams = Streams()
    held["reader"].resolved_objects.clear()
    for index in range(held["pages"]):
        streams.problem(held["reader"], index)


def _words(held: dict[str, Any]) -> None:
    from docqa.ingest.pdf.ocr import is_picture
    from docqa.ingest.pdf.raw_page import PdfiumFile

    with PdfiumFile(held["data"], None) as file:
        held["words"] = [file.page_words(index) for index in range(held["pages"])]
        for index, seen in enumerate(held["words"]):
            with file.page(index) as page:
                is_picture(page, seen.words)


def _order(held: dict[str, Any]) -> None:
    from docqa.ingest.pdf.layout.reading_order import order_lines

    for seen in held["words"]:
        order_lines(seen.words, seen.width)


_PARTS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "open": (_open, "pypdf opens the file and finds its pages"),
    "sizes": (_sizes, "streams inflated and measured before pdfium may see them"),
    "words": (_words, "words with boxes by pdfium, what is hidden among them, whether the page is a picture"),
    "order": (_order, "words to lines in reading order"),
}
