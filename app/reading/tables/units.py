"""Where a table says the unit of a cell: in the head of its column ("$'000"), or above all of it ("in thousands")."""

from __future__ import annotations

import re

from docqa.app.reading.tables.cells import Cell
from docqa.app.reading.tables.columns import Table, tables_of
from docqa.ingest.types import Document, Span

_SIZES = r"(?:hundreds?|thousands?|millions?|billions?|trillions?|lakhs?|crores?|mil|mn|bn)"
_IN_HEAD = re.compile(
    rf"['’]000\b|\((?:[a-z$€£¥₹]{{1,6}}\s?)?000s?\)|[$€£¥₹]\s?000\b|[$€£¥₹]\s?(?:m|k|b|{_SIZES})(?![\w’'])|\b{_SIZES}\b|\([$€£¥₹]\)",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    rf"\((?=[^()\n]{{0,80}}\b(?:in\s(?:[\w$€£¥₹.]{{1,12}}\s){{0,2}}{_SIZES}|{_SIZES}\sof)\b)[^()\n]{{1,120}}\)|"
    rf"^(?:amounts\s|all\s(?:figures|amounts)\s|figures\s)?in\s(?:[\w$€£¥₹.]{{1,12}}\s){{0,2}}{_SIZES}(?:\sof\s[^\n]{{1,40}})?$",
    re.IGNORECASE | re.MULTILINE,
)
_OWN = re.compile(rf"%|\b{_SIZES}\b", re.IGNORECASE)
_FAR = 400
"""Characters of the caption and the heads above the first row."""


def unit_of(document: Document, page: int, start: int, end: int) -> Span | None:
    """The characters of `page` that say the unit of the value at `start` to `end`; None where it is no value of a
    table, has a unit itself, or none is said on the page."""
    text = document.pages[page - 1].text
    for table in tables_of(document, page):
        if table.start <= start < table.end:
            column = _column(table, start, end)
            if column is None or _OWN.search(text, start, end):
                return None
            heads = (head for head in reversed(table.columns[column]) if _says_unit(text, head))
            head = next(heads, None)
            return Span(head.start, head.end) if head is not None else _above(text, table)
    return None


def _column(table: Table, start: int, end: int) -> int | None:
    """The column of the value that has these characters."""
    cells = ((at, cell) for entry in table.entries for at, cell in enumerate(entry.values or ()))
    return next((at for at, cell in cells if cell.start <= start < end <= cell.end and cell.is_value), None)


def _says_unit(text: str, head: Cell) -> bool:
    """Whether a head is on this page, and not on one before, and has a unit."""
    return text[head.start : head.end] == head.text and _IN_HEAD.search(head.text) is not None


def _above(text: str, table: Table) -> Span | None:
    """What is said of all values, in the corner or above the heads; the last before the first row."""
    first = min(entry.row.start for entry in table.entries)
    found = [match.span() for match in _ABOVE.finditer(text, max(first - _FAR, 0), first)]
    return Span(*found[-1]) if found else None
