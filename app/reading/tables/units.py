"""Where a table says the unit of a cell: in the head of its column ("$'000"), or above all of it
("in thousands").
"""

import re

from docqa.ingest.structure.tables.described import SIZES
from docqa.ingest.types import Document, Span

from .named import named_tables_of_page

_IN_HEAD = re.compile(
    rf"['’]000\b|\((?:[a-z$€£¥₹]{{1,6}}\s?)?000s?\)|[$€£¥₹]\s?000\b|[$€£¥₹]\s?(?:m|k|b|{SIZES})(?![\w’'])|\b{SIZES}\b|\([$€£¥₹]\)",
    re.IGNORECASE,
)
_OWN = re.compile(rf"%|\b{SIZES}\b", re.IGNORECASE)


def unit_span_of_table_value(document: Document, page: int, start: int, end: int) -> Span | None:
    """Characters of `page` that say the unit of the table's value at `start:end`; None: its own, or
    none said.
    """
    text = document.pages[page - 1].text
    for table in named_tables_of_page(document, page):
        cells = ((at, cell) for entry in table.entries for at, cell in enumerate(entry.values))
        there = (
            at for at, cell in cells if cell.start <= start < end <= cell.end and cell.is_value
        )
        column = next(there, None)
        if column is not None and not _OWN.search(text, start, end):
            # A head on this page, and none before, that has a unit.
            here = (
                head
                for head in reversed(table.columns[column])
                if text[head.start : head.end] == head.text
            )
            head = next((head for head in here if _IN_HEAD.search(head.text)), None)
            return Span(head.start, head.end) if head is not None else table.grid.unit
    return None
