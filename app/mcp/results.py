"""What the tools return, next to the objects that `--json` prints."""

import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic takes that of `typing` only from Python 3.12 on

from docqa.app.errors import InputError
from docqa.app.output.outline import outline_object
from docqa.app.places.named import find_section_region
from docqa.ingest.types import Document, Page, Span

MOST_PAGES = 20
MOST_SECTIONS = 1_000
PART_CHARACTERS = 10_000
MOST_READ = 4_000_000
MOST_KEPT = 2_000_000
MOST_ANSWERED = 200_000
MOST_TOLD = 1_000_000
MOST_CHECKED = 20_000
"""Characters that a call reads, keeps at once, answers of pages, answers in all, and of a text that
is checked.
"""
MOST_COMPARED = 4_000_000_000
"""Characters of a text that is checked, times those of the documents."""
MOST_ALIGNED = 1_000_000_000_000
"""A quotation's characters squared, which comparing takes, times those of the documents."""
_MOST_BYTES = {".pdf": 64_000_000, ".docx": 64_000_000, ".epub": 64_000_000}
SECONDS = 25.0
EXPRESSION_SECONDS = 3.0
"""How long documents of one call are read, and how much processor time an expression may take on
one.
"""
MEMORY_BYTES = 230 * 2**20
LEAST_MEMORY_BYTES = 120 * 2**20
"""Of this process and the one that reads together; the reader has the second if a model is loaded
here.
"""


class FindResult(TypedDict):
    """`hits` as `docqa find --json` prints them; `more`: there are others; `left_out`: what was not
    read.
    """

    hits: list[dict[str, Any]]
    more: bool
    left_out: list[str]


class Outlines(TypedDict):
    """The section tree of a document, after an e-mail those of what is attached to it; `more`:
    there are others; `sheets`: of each its kind and facts, where they are asked for.
    """

    documents: list[dict[str, Any]]
    more: bool
    sheets: NotRequired[list[dict[str, Any]]]


class PageExcerpt(TypedDict):
    """`start:end` of a page's text; a document without pages has parts, numbered by `part`, and
    `page` null.
    """

    page: int | None
    label: str | None
    part: int | None
    start: int
    end: int
    text: str


class Pages(TypedDict):
    """`count`: how many pages or parts the document has."""

    file: str
    title: str
    count: int
    pages: list[PageExcerpt]


def outlines_of(documents: Sequence[Document]) -> Outlines:
    """The sections of `documents`, the outermost where there are more than MOST_SECTIONS."""
    levels = sorted(section.level for document in documents for section in document.sections)
    deepest = levels[MOST_SECTIONS] - 1 if len(levels) > MOST_SECTIONS else None
    outlines = [outline_object(document) for document in documents]
    for outline in outlines if deepest is not None else ():
        kept = [section for section in outline["sections"] if section["level"] <= deepest]
        outline["sections"] = (kept or outline["sections"])[:MOST_SECTIONS]
    return Outlines(
        documents=outlines[:MOST_PAGES],
        more=len(levels) > MOST_SECTIONS or len(outlines) > MOST_PAGES,
    )


def refuse_large(path: str) -> None:
    """Raises InputError for a file that would take a tool too much memory."""
    most = _MOST_BYTES.get(PurePath(path).suffix.lower(), MOST_READ)
    if os.path.getsize(path) > most:
        raise InputError(
            f"over {most:,} bytes", where=path, hint="use docqa itself, or split the file"
        )


def refuse_long_text(text: str, most: int, what: str) -> None:
    """Raises InputError for a text, `what`, of more than `most` characters."""
    if len(text) > most:
        raise InputError(
            f"{what} has {len(text):,} characters, at most {most:,} are taken",
            hint="ask about less",
        )


def pages_of(document: Document, wanted: str, section: str | None) -> Pages:
    """The pages, or parts, `wanted` ("3-5,xii", as printed or counted), or those of `section`.
    Raises InputError for others, and for more than MOST_PAGES."""
    everything = _all_excerpts(document)
    chosen = (
        _excerpts_of_section(document, section, everything)
        if section
        else _excerpts_by_name(document, wanted, everything)
    )
    too_much = ""
    if len(chosen) > MOST_PAGES:
        too_much = f"{len(chosen)} pages are more than {MOST_PAGES}"
    elif sum(len(page["text"]) for page in chosen) > MOST_ANSWERED:
        too_much = f"over {MOST_ANSWERED:,} characters"
    if too_much:
        raise InputError(too_much, where=document.path, hint="ask for fewer at a time")
    return Pages(file=document.path, title=document.title, count=len(everything), pages=chosen)


def _all_excerpts(document: Document) -> list[PageExcerpt]:
    if document.paged:
        return [
            _excerpt_of_span(page, Span(0, len(page.text)), paged=True) for page in document.pages
        ]
    (page,) = document.pages
    starts = range(0, max(len(page.text), 1), PART_CHARACTERS)
    spans = (Span(start, min(start + PART_CHARACTERS, len(page.text))) for start in starts)
    return [
        _excerpt_of_span(page, span, paged=False, part=part)
        for part, span in enumerate(spans, start=1)
    ]


def _excerpt_of_span(
    page: Page, span: Span, *, paged: bool, part: int | None = None
) -> PageExcerpt:
    number, label = (page.page, page.label) if paged else (None, None)
    text = span.of(page.text)
    return PageExcerpt(
        page=number, label=label, part=part, start=span.start, end=span.end, text=text
    )


def _excerpts_by_name(
    document: Document, wanted: str, everything: list[PageExcerpt]
) -> list[PageExcerpt]:
    chosen: list[PageExcerpt] = []
    for name in wanted.split(","):
        name = name.strip()
        first, _, last = name.partition("-")
        whole = _number_of_page(name, everything)
        start = whole or _number_of_page(first.strip(), everything)
        end = whole or _number_of_page(last.strip(), everything)
        if not 1 <= start <= end:
            raise InputError(
                f"there is no {'page' if document.paged else 'part'} {name!r}",
                where=document.path,
                hint=f"it has {len(everything)}, counted from 1",
            )
        chosen += everything[start - 1 : end]
    return chosen


def _number_of_page(name: str, everything: list[PageExcerpt]) -> int:
    """From 1; 0 where there is no page or part called `name`."""
    for number, page in enumerate(everything, start=1):
        if name and page["label"] == name:
            return number
    number = int(name) if name.isdecimal() and len(name) < 8 else 0
    return number if number <= len(everything) else 0


def _excerpts_of_section(
    document: Document, section: str, everything: list[PageExcerpt]
) -> list[PageExcerpt]:
    region = find_section_region(document, section)
    if not region:
        raise InputError(
            f"there is no section {section!r}",
            where=document.path,
            hint="the tool `outline` lists them",
        )
    return [
        _excerpt_of_span(page, span, paged=document.paged)
        for page, span in region.parts(document)
        if span.of(page.text).strip()
    ]
