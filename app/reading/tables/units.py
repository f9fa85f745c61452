"""Where a table says the unit of a cell: in the head of its column ("$'000"), or above all of it ("in thousands")."""

from __future__ import annotations

import re

from docqa.app.reading.tables.named import Cell, Table, tables_of
from docqa.ingest.structure.tables.described import SIZES
from docqa.ingest.types import Document, Span

_IN_HEAD = re.compile(
    rf"['’]000\b|\((?:[a-z$€£¥₹]{{1,6}}\s?)?000s?\)|[$€£¥₹]\s?000\b|[$€£¥₹]\s?(?:m|k|b|{SIZES})(?![\w’'])|\b{SIZES}\b|\([$€£¥₹]\)",
    re.IGNORECASE,
)
_OWN = re.compile(rf"%|\b{SIZES}\b", re.IGNORECASE)


def unit_of(document: Document, page: int, start: int, end: int) -> Span | None:
    """Characters of `page` that say the unit of the table's value at `start:end`; None: its own, or none said."""
    text = document.pages[page - 1].text
    for table in tables_of(document, page):
        column = _column(table, start, end)
        if column is not None and not _OWN.search(text, start, end):
            head = next((head for head in reversed(table.columns[column]) if _says_unit(text, head)), None)
            return Span(head.start, head.end) if head is not None else table.grid.unit
    return None


def _column(table: Table, start: int, end: int) -> int | None:
    """The column of the value that has these characters."""
    cells = ((at, cell) for entry in table.entries for at, cell in enumerate(entry.values))
    return next((at for at, cell in cells if cell.start <= start < end <= cell.end and cell.is_value), None)


def _says_unit(text: str, head: Cell) -> bool:
    """Whether a head is on this page, and not on one before, and has a unit."""
    return text[head.start : head.end] == head.text and _IN_HEAD.search(head.text) is not None
