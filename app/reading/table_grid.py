"""The rows of a table as they stand in a page's text, their cells set apart by " | ", and the names of their columns.

Only such rows are taken apart: where a table has no rules, its text does not say where a cell ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from docqa.ingest.types import Document

_BAR = " | "
_RULE = re.compile(r"\|?[\s:|+=-]*-{2,}[\s:|+=-]*\|?$")
_VALUE = re.compile(r"[-+−(~<>≤≥]?[$€£¥]?\(?\d[\d,.:/]*\)?[%*†‡]?\)?|[—–-]|n/?a|nil", re.IGNORECASE)
_YEAR = re.compile(r"(?:FY)?(?:1[6-9]|20|21)\d\d(?:[-–/]\d{2,4})?[AE]?", re.IGNORECASE)
_TOTAL = re.compile(r"(?:sub-?)?totals?\b", re.IGNORECASE)
_MOST_HEADS = 4
_MOST_PAGES = 60
_BETWEEN = 400
"""Characters of notes and the like at a page end between two parts of a table."""


@dataclass(frozen=True)
class Cell:
    """Characters `start:end` of a page's text; empty cells have none (`start` is `end`)."""

    start: int
    end: int
    text: str

    @property
    def is_value(self) -> bool:
        """Whether it is a number, an amount or a dash; a year is the name of a column."""
        words = self.text.split()
        return bool(words) and all(map(_VALUE.fullmatch, words)) and not _YEAR.fullmatch("".join(words))


@dataclass(frozen=True)
class Row:
    """A row, `start:end` of its page's text."""

    start: int
    end: int
    cells: tuple[Cell, ...]

    @property
    def has_values(self) -> bool:
        return any(cell.is_value for cell in self.cells[1:])

    @property
    def is_title(self) -> bool:
        """Whether only its first cell has words: the title of a table or of a group of its rows."""
        return len(self.cells) > 1 and bool(self.cells[0].text) and not any(cell.text for cell in self.cells[1:])

    @property
    def spans(self) -> bool:
        """Whether one cell names all columns ("in thousands")."""
        return sum(bool(cell.text) for cell in self.cells) == 1


@dataclass(frozen=True)
class Column:
    """What a column is called, and the cells that say so, on the page `page`."""

    page: int
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        return " ".join(cell.text for cell in self.cells)


@lru_cache(maxsize=64)
def tables_in(text: str) -> tuple[tuple[Row, ...], ...]:
    """The tables in the text of a page, each its rows in order; rules of Markdown ("|---|") are none."""
    tables: list[list[Row]] = []
    goes_on = False
    for start, end in _lines(text):
        line = text[start:end]
        if _RULE.fullmatch(line.strip()):
            continue
        is_row = _BAR in line or (line[0] == "|" and line.count("|") > 1)
        if is_row:
            if not goes_on:
                tables.append([])
            tables[-1].append(Row(start, end, _cells(text, start, end)))
        goes_on = is_row
    return tuple(map(tuple, tables))


def columns_of(document: Document, page: int, row: Row) -> list[Column] | None:
    """The column of each cell of `row`, the first cell's too; None where no head of its table fits it, or it is one."""
    where, head = _head(document, page, row)
    if not head:
        return None
    width = max(len(line.cells) for line in head)
    table = _table_of(document.pages[page - 1].text, row)
    # Empty cells at the edges may be missing: a row counts only where all its cells are there.
    unnamed = _YEAR.fullmatch(head[-1].cells[0].text) is not None or max(len(line.cells) for line in table) == width + 1
    if len(row.cells) != width + unnamed:
        return None
    lines = [_filled(line.cells) if line.spans or line is not head[-1] else line.cells for line in head]
    lines = [(Cell(0, 0, ""),) * (width - len(cells)) + cells for cells in lines]
    names = [tuple(dict.fromkeys(cells[at] for cells in lines if cells[at].text)) for at in range(width)]
    columns = [Column(where, cells) for cells in names]
    return [Column(where, ()), *columns] if unnamed else columns


def group_of(document: Document, page: int, row: Row) -> Cell | None:
    """The nearest title of a group of rows above `row` on its page ("Deferred tax assets:"), None without one."""
    for above in reversed(_table_until(document.pages[page - 1].text, row)[:-1]):
        if above.is_title:
            return above.cells[0]
        if _TOTAL.match(above.cells[0].text) or not above.has_values:
            return None
    return None


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        if line.strip():
            yield start, start + len(line)
        start += len(line) + 1


def _cells(text: str, start: int, end: int) -> tuple[Cell, ...]:
    last = start + len(text[start:end].rstrip())
    outer = text[start] == "|"  # Markdown: a bar in front and behind
    first = start + 1 if outer else start
    last -= outer and text[last - 1] == "|"
    bars = [first - 1, *(at for at in range(first, last) if text[at] == "|"), last]
    cells = []
    for before, after in pairwise(bars):
        words = text[before + 1 : after].strip()
        at = text.index(words, before + 1) if words else before + 1
        cells.append(Cell(at, at + len(words), words))
    return tuple(cells)


def _table_until(text: str, row: Row) -> tuple[Row, ...]:
    """The rows of the table of `row`, down to it."""
    table = _table_of(text, row)
    return table[: table.index(row) + 1]


def _table_of(text: str, row: Row) -> tuple[Row, ...]:
    return next(table for table in tables_in(text) if row in table)


def _head(document: Document, page: int, row: Row) -> tuple[int, list[Row]]:
    """(page, the rows that name the columns of `row`): in its table, or in that which it goes on from."""
    table = _table_until(document.pages[page - 1].text, row)
    for number in range(page, max(page - _MOST_PAGES, 0), -1):
        head = _nearest(table)
        if head:
            return number, [] if row in head else head
        before = document.pages[number - 2].text if number > 1 else ""
        tables = tables_in(before)
        above = document.pages[number - 1].text[: table[0].start].strip()
        if not tables or len(above) + len(before[tables[-1][-1].end :].strip()) > _BETWEEN:
            break
        table = tables[-1]
    return page, []


def _nearest(table: Sequence[Row]) -> list[Row]:
    """The last rows next to one another in `table` that name columns."""
    numeric = 2 * sum(row.has_values for row in table) > len(table) or (table and table[-1].has_values)
    head: list[Row] = []
    for before, row in zip((None, *table), table, strict=False):
        unnamed = not row.cells[0].text
        goes_on = bool(head) and head[-1] is before
        begins = before is None or before.is_title or unnamed
        words = not row.has_values and any(cell.text for cell in row.cells[1:])
        if not words or (goes_on and len(head) == _MOST_HEADS):
            continue
        if goes_on and (unnamed or numeric):
            head.append(row)
        elif begins and not (head and before is not None and before.is_title and not unnamed):
            head = [row]
    return head


def _filled(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """The cells of an upper line of a head, those that span several columns in each of them."""
    filled = list(cells)
    for at in range(2, len(filled)):
        if not filled[at].text:
            filled[at] = filled[at - 1]
    return tuple(filled)
