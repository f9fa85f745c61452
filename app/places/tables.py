"""Tables and figures that a question names ("Table 2", "fig. 3"), found by their captions."""

from __future__ import annotations

from collections.abc import Iterator

from docqa.app.places.resolve import Region
from docqa.ingest.language.places import named_places
from docqa.ingest.structure.references import caption_of
from docqa.ingest.types import Document, Page, Span


def named_tables(question: str) -> list[tuple[Span, tuple[str, str]]]:
    """The tables and figures that `question` names: where, and ("table", "2") as `caption_of` says it."""
    return [
        (Span(named.start, named.numbers[0].end), (named.word, named.numbers[0].number.replace("–", "-").upper()))
        for named in named_places(question, ("table", "figure"))
    ]


def captioned(document: Document, number: int, key: tuple[str, str]) -> list[Region]:
    """The captions with that key in `document`, number `number` of the run, each with its table."""
    return [
        Region(number, (page.page, span.start), (page.page, span.end))
        for page in document.pages
        for span in _with_table(page, key)
    ]


def _with_table(page: Page, key: tuple[str, str]) -> Iterator[Span]:
    for block in page.blocks:
        if block.kind == "caption" and caption_of(page.text[block.start : block.end]) == key:
            own = [table for table in page.tables if table.caption and block.start <= table.caption.start < block.end]
            starts, ends = [table.start for table in own], [table.end for table in own]
            yield Span(min([block.start, *starts]), max([block.end, *ends]))
