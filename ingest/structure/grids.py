"""Grids of tables from markup: rows of cells, some over several rows or columns, as they stand in a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from docqa.ingest.structure.clean import clean, strip_invisible
from docqa.ingest.structure.values import says_value
from docqa.ingest.types import Table, TableCell

_MOST_COLUMNS, _MOST_ROWS, _MOST_SPANNED = 200, 5_000, 1_000


@dataclass(frozen=True, slots=True)
class MarkedCell:
    """The words of a cell, how many columns and rows it covers, and whether the markup calls it a head."""

    text: str
    columns: int = 1
    rows: int = 1
    head: bool = False


@dataclass(slots=True)
class _Rows:
    key: int
    rows: list[tuple[int, str, Sequence[MarkedCell]]] = field(default_factory=list)


class GridRows:
    """Collects the rows of tables, each with its `key`, as they are written."""

    def __init__(self) -> None:
        self._tables: list[_Rows] = []

    def add(self, key: int, start: int, text: str, cells: Sequence[MarkedCell]) -> None:
        """A row of table `key`: `text` begins at `start` and has the words of `cells` in order."""
        last = self._tables[-1] if self._tables else None
        end = last.rows[-1][0] + len(last.rows[-1][1]) if last is not None and last.rows else -1
        if last is None or last.key != key or start != end + 1:
            self._tables.append(_Rows(key))
        self._tables[-1].rows.append((start, text, cells))

    def tables(self) -> tuple[Table, ...]:
        """The tables with two rows and two columns at least, and no more than can be looked at."""
        return tuple(table for rows in self._tables if (table := _table(rows.rows)) is not None)


def _table(rows: Sequence[tuple[int, str, Sequence[MarkedCell]]]) -> Table | None:
    if not 2 <= len(rows) <= _MOST_ROWS:
        return None
    cells: list[TableCell] = []
    heads: list[bool] = []
    valued: list[bool] = []
    covered: dict[int, int] = {}  # column -> how many rows below are covered there
    for number, (start, text, marked) in enumerate(rows):
        column = at = 0
        below = {place: left - 1 for place, left in covered.items() if left > 1}
        for cell in marked:
            while column in covered:
                column += 1
            wide = min(max(cell.columns, 1), _MOST_COLUMNS)
            high = min(max(cell.rows, 1), _MOST_SPANNED, len(rows) - number)
            words = strip_invisible(clean(cell.text))[0].strip()
            place = text.find(words, at) if words else -1
            if place >= 0:
                at = place + len(words)
                cells.append(TableCell(start + place, start + at, number, column, high, wide))
            below.update(dict.fromkeys(range(column, column + wide), high - 1) if high > 1 else {})
            column += wide
        covered = below
        heads.append(all(cell.head for cell in marked if cell.text.strip()))
        valued.append(any(says_value(cell.text) for cell in marked[1:]))
    columns = max((cell.column + cell.columns for cell in cells), default=0)
    if not 2 <= columns <= _MOST_COLUMNS:
        return None
    return Table(cells[0].start, cells[-1].end, len(rows), columns, _head_count(heads, valued), tuple(cells))


def _head_count(heads: Sequence[bool], valued: Sequence[bool]) -> int:
    """Rows of heads from the top, or, where the markup has none, those above the first row with a value."""
    marked = next((at for at, head in enumerate(heads) if not head), 0)
    return marked or next((at for at, value in enumerate(valued) if value), 1)
