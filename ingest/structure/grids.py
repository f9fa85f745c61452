"""Grids of tables from markup: rows of cells, some over several rows or columns, in a text."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from docqa.ingest.types import Table, TableCell

from .clean import clean_text, strip_invisible
from .values import is_value_text

_MOST_COLUMNS = 200
_MOST_ROWS = 5_000
_MOST_SPANNED = 1_000


class MarkupCell(NamedTuple):
    """The words of a cell, the columns and rows it covers, and whether the markup calls it a
    head.
    """

    text: str
    columns: int = 1
    rows: int = 1
    head: bool = False


class _GridRow(NamedTuple):
    """One without `text` is not written, but a cell of several rows may cover it."""

    start: int
    text: str
    cells: Sequence[MarkupCell]


class GridRows:
    """Collects the rows of tables, each with its `key`."""

    def __init__(self) -> None:
        self._tables: list[tuple[int, list[_GridRow]]] = []
        self._end = -1

    def add(self, table_id: int, start: int, text: str, cells: Sequence[MarkupCell]) -> None:
        """A row of table `table_id`: `text` begins at `start` and has the words of `cells` in
        order.
        """
        if not self._tables or self._tables[-1][0] != table_id or start != self._end + 1:
            self._tables.append((table_id, []))
        self._tables[-1][1].append(_GridRow(start, text, cells))
        self._end = start + len(text)

    def leave_out(self, table_id: int) -> None:
        """A row of table `table_id` that has no words."""
        if self._tables and self._tables[-1][0] == table_id:
            self._tables[-1][1].append(_GridRow(0, "", ()))

    def tables(self) -> tuple[Table, ...]:
        """The tables of at least two rows and columns, and no more than can be looked at."""
        return tuple(table for _, rows in self._tables if (table := _table_from_rows(rows)))


def _table_from_rows(rows: Sequence[_GridRow]) -> Table | None:
    count = sum(bool(row.text) for row in rows)
    if count < 2 or len(rows) > _MOST_ROWS:
        return None
    cells: list[TableCell] = []
    heads: list[bool] = []
    valued: list[bool] = []
    covered: dict[int, int] = {}  # column -> how many rows below are covered there
    numbers = accumulate((bool(row.text) for row in rows[:-1]), initial=0)
    for at_row, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        column = at = 0
        below = {place: left - 1 for place, left in covered.items() if left > 1}
        for cell in row.cells:
            while column in covered:
                column += 1
            wide = min(max(cell.columns, 1), _MOST_COLUMNS)
            high = min(max(cell.rows, 1), _MOST_SPANNED, len(rows) - at_row)
            words = strip_invisible(clean_text(cell.text))[0].strip()
            place = row.text.find(words, at) if words else -1
            if place >= 0:
                at = place + len(words)
                tall = sum(bool(below_it.text) for below_it in rows[at_row : at_row + high])
                cells.append(
                    TableCell(row.start + place, row.start + at, number, column, tall, wide)
                )
            below.update(dict.fromkeys(range(column, column + wide), high - 1) if high > 1 else {})
            column += wide
        covered = below
        if row.text:
            heads.append(all(cell.head for cell in row.cells if cell.text.strip()))
            valued.append(any(is_value_text(cell.text) for cell in row.cells[1:]))
    columns = max((cell.column + cell.columns for cell in cells), default=0)
    if not 2 <= columns <= _MOST_COLUMNS:
        return None
    # Rows of heads from the top, or, where the markup has none, those above the first row with a
    # value.
    named = next((at for at, head in enumerate(heads) if not head), 0)
    named = named or next((at for at, value in enumerate(valued) if value), 1)
    return Table(cells[0].start, cells[-1].end, count, columns, named, tuple(cells))
