"""Tables and figures that a question names ("Table 2", "fig. 3"), found by their captions."""

from __future__ import annotations

from collections.abc import Iterator

from docqa.app.places.resolve import Region
from docqa.ingest.language.places import named_places
from docqa.ingest.structure.references import caption_of
from docqa.ingest.types import Document, Page, Span

_SHORT = 80
"""Characters: print beside a caption that is no longer than this may be a cell or a head of the table."""


def named_tables(question: str) -> list[tuple[Span, tuple[str, str]]]:
    """The tables and figures that `question` names: where, and ("table", "2") as `caption_of` says it."""
    return [
        (Span(named.start, named.numbers[0].end), (named.word, named.numbers[0].number.replace("–", "-").upper()))
        for named in named_places(question, ("table", "figure"))
    ]


def captioned(document: Document, number: int, key: tuple[str, str]) -> list[Region]:
    """The captions with that key in `document`, number `number` of the run, each with the rows beside it."""
    return [
        Region(number, (page.page, start), (page.page, end))
        for page in document.pages
        for start, end in _with_rows(page, key)
    ]


def _with_rows(page: Page, key: tuple[str, str]) -> Iterator[tuple[int, int]]:
    for at, block in enumerate(page.blocks):
        if block.kind == "caption" and caption_of(page.text[block.start : block.end]) == key:
            first, last = _run(page, at, -1), _run(page, at, 1)
            yield page.blocks[first].start, page.blocks[last].end


def _run(page: Page, at: int, step: int) -> int:
    """The block that the rows beside the caption `at` end in, on one side; `at` where there is no row."""
    last, here = at, at + step
    while 0 <= here < len(page.blocks):
        block = page.blocks[here]
        if block.kind == "table":
            last = here
        elif block.kind == "caption" or block.end - block.start > _SHORT or abs(here - last) > 2:
            break
        here += step
    return last
