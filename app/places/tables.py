"""Tables and figures that a question names ("Table 2", "fig. 3"), found by their captions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docqa.app.places.resolve import Region
from docqa.ingest.structure.references import caption_of
from docqa.ingest.types import Document, Page, Span

_NAMED = re.compile(
    r"\b(?P<word>table|tbl\.?|figure|fig\.?)\s+(?P<number>\d{1,3}(?:[.\-–]\d{1,3})*|[IVX]{1,5}|[A-Z])(?!\w)",
    re.IGNORECASE,
)


def named_tables(question: str) -> list[tuple[Span, tuple[str, str]]]:
    """The tables and figures that `question` names: where, and ("table", "2") as `caption_of` says it."""
    found = []
    for match in _NAMED.finditer(question):
        kind = "figure" if match["word"].lower().startswith("f") else "table"
        found.append((Span(*match.span()), (kind, match["number"].replace("–", "-").upper())))
    return found


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
