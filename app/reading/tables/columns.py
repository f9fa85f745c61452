"""Names for the columns and rows of a table: heads over them, also such as span several columns, and titles of groups.

A column whose head is not certain has no name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docqa.app.reading.tables.cells import Cell, Row
from docqa.app.reading.tables.grid import Run, tables_in
from docqa.app.reading.tables.grids import Grid, grids_of
from docqa.ingest.structure.values import is_year
from docqa.ingest.types import Document

_TOTAL = re.compile(r"(?:sub-?)?totals?\b", re.IGNORECASE)
_MOST_HEADS = 4
_MOST_PAGES = 60
_TITLE_WORDS = 3
_BETWEEN = 400
"""Characters of notes and the like at a page end between two parts of a table."""


@dataclass(frozen=True)
class Entry:
    """A row with a name: `name`, the title of its group above it, and its `values`, one for each column; None where
    the row lacks cells, so that it is not certain which column each belongs to."""

    row: Row
    name: Cell
    group: str
    values: tuple[Cell, ...] | None


@dataclass(frozen=True)
class Table:
    """Rows of one head on one page. `corner`: what the column of names is called; `columns`: the cells that name each
    column of values, from the uppermost down."""

    page: int
    start: int
    end: int
    corner: str
    columns: tuple[tuple[Cell, ...], ...]
    entries: tuple[Entry, ...]

    def column_name(self, column: int) -> str:
        return " ".join(cell.text for cell in self.columns[column])


@dataclass(frozen=True)
class _Head:
    corner: str
    columns: tuple[tuple[Cell, ...], ...]


def tables_of(document: Document, page: int) -> list[Table]:
    """The tables of `page`, one for each head; a table that goes on from the page before has the head from there."""
    known = grids_of(document, page)
    found = [_of_grid(grid) for grid in known]
    text = document.pages[page - 1].text
    for number, run in enumerate(tables_in(text)):
        if any(grid.table.start < run.rows[-1].end and run.rows[0].start < grid.table.end for grid in known):
            continue
        parts = _parts(run)
        if parts and parts[0][0] is None and not number and not run.width:
            parts[0] = (_head_before(document, page, run), parts[0][1])
        found += [table for head, rows in parts if (table := _table(page, head, rows, run)) is not None]
    return sorted(found, key=lambda table: table.start)


def _of_grid(grid: Grid) -> Table:
    entries = tuple(Entry(row.row, row.name, " ".join(row.groups), row.values) for row in grid.rows)
    return Table(grid.page, grid.table.start, grid.table.end, grid.corner, grid.columns, entries)


def _table(page: int, head: _Head | None, rows: Sequence[Row], run: Run) -> Table | None:
    body = [row for row in rows if len(row.cells) > 1 and not row.is_title]
    if not body:
        return None
    width = max(len(row.cells) for row in body) - 1
    fits = head is not None and len(head.columns) == width
    entries = tuple(_entries(rows, width, grouped=not run.width))
    columns = head.columns if head is not None and fits else ((),) * width
    corner = head.corner if head is not None and fits else ""
    return Table(page, rows[0].start, rows[-1].end, corner, columns, entries)


def _entries(rows: Sequence[Row], width: int, *, grouped: bool) -> list[Entry]:
    """`grouped`: a row with nothing but a name is the title of those below it."""
    found: list[Entry] = []
    group = ""
    for row in rows:
        if row.is_title:
            group = row.cells[0].text if grouped else ""
            continue
        whole = len(row.cells) == width + 1
        found.append(Entry(row, row.cells[0], group, row.cells[1:] if whole else None))
        if _TOTAL.match(row.cells[0].text):
            group = ""
    return found


def _parts(run: Run) -> list[tuple[_Head | None, list[Row]]]:
    """The rows of a run below each of its heads; below None where they have none."""
    if run.width:
        return [(_Head(*_unruled_heads(run)), list(run.rows))]
    body_width = max(len(row.cells) for row in run.rows)
    valued = [row for row in run.rows if not row.is_title]
    numeric = 2 * sum(row.has_values for row in valued) > len(valued) or run.rows[-1].has_values
    parts: list[tuple[_Head | None, list[Row]]] = [(None, [])]
    head: list[Row] = []
    for at, row in enumerate(run.rows):
        again = at > 0 and not head and [cell.text for cell in row.cells] == [cell.text for cell in run.rows[0].cells]
        if _names_columns(row, head, parts[-1][1], numeric=numeric, first=at == 0 or again):
            head.append(row)
            continue
        if head:
            if parts[-1][1] or parts[-1][0]:
                parts.append((None, []))
            parts[-1] = (_head_of(head, body_width), parts[-1][1])
            head = []
        parts[-1][1].append(row)
    return [(found, rows) for found, rows in parts if rows]


def _names_columns(row: Row, head: Sequence[Row], body: Sequence[Row], *, numeric: bool, first: bool) -> bool:
    """Whether a row names columns: the first ones of a table, or a later one that has no name of its own."""
    if row.has_values or len(head) >= _MOST_HEADS:
        return False
    others = any(cell.text for cell in row.cells[1:])
    unnamed = not row.cells[0].text
    real = [one for one in body if not one.is_title]
    if head:
        return (unnamed or numeric) and others
    if first or not real:
        return others and (numeric or unnamed or first)
    return others and unnamed and len(row.filled) > 1 and numeric


def _head_of(head: Sequence[Row], width: int) -> _Head | None:
    """The names of all columns but the first; None where the lowest line does not name as many as there are."""
    lines = [row.cells for row in head]
    while len(lines) > 1 and sum(bool(cell.text) for cell in lines[-1]) <= 1 and len(lines[-2]) > 1:
        lines.pop()  # "(in thousands)"
    lowest = lines[-1]
    if len(lowest) == width - 1:
        lowest = (Cell(0, 0, ""), *lowest)
    if len(lowest) != width:
        return None
    named = [[cell] if cell.text else [] for cell in lowest]
    for line in reversed(lines[:-1]):
        for at, cell in enumerate(_spread(line, lowest) or ()):
            if cell.text and cell not in named[at]:
                named[at].insert(0, cell)
    return _Head(" ".join(cell.text for cell in named[0]), tuple(map(tuple, named[1:])))


def _spread(upper: Sequence[Cell], lowest: Sequence[Cell]) -> list[Cell] | None:
    """For every cell of the lowest line of a head the cell of a line above it that spans it; None where unclear."""
    filled = [cell for cell in upper if cell.text]
    if len(filled) == 1:
        spans = len(lowest) - 1
        return [Cell(0, 0, ""), *filled * spans] if filled[0] is not upper[0] or len(upper) == 1 else None
    columns = [cell.text.casefold() for cell in lowest[1:]]
    if len(upper) == len(lowest):
        if all(cell.text for cell in upper[1:]):
            return list(upper)
        if not upper[1].text:
            return _by_repeats(filled[1:] if upper[0].text else filled, columns)
        spread = list(upper)
        for at in range(2, len(spread)):
            if not spread[at].text:
                spread[at] = spread[at - 1]
        return spread
    return _by_repeats(filled, columns) or (_by_repeats(filled[1:], columns) if len(filled) > 2 else None)


def _by_repeats(filled: Sequence[Cell], columns: Sequence[str]) -> list[Cell] | None:
    """One cell over each run of columns that begins with the same name again, and over each that is left behind."""
    if not filled:
        return None
    if len(filled) == len(columns):
        return [Cell(0, 0, ""), *filled]
    for period in range(2, len(columns)):
        times = 1
        while columns[times * period : (times + 1) * period] == columns[:period]:
            times += 1
        if times > 1 and columns[0] and times + len(columns) - times * period == len(filled):
            spans = [period] * times + [1] * (len(columns) - times * period)
            return [Cell(0, 0, ""), *(cell for cell, count in zip(filled, spans, strict=True) for _ in range(count))]
    return None


def _head_before(document: Document, page: int, run: Run) -> _Head | None:
    """The head of the table on the pages before that goes on here."""
    if len(document.pages[page - 1].text[: run.start].strip()) > _BETWEEN:
        return None
    for number in range(page - 1, max(page - _MOST_PAGES, 0), -1):
        text = document.pages[number - 1].text
        runs = tables_in(text)
        if not runs or runs[-1].width or len(text[runs[-1].end :].strip()) > _BETWEEN:
            return None
        parts = _parts(runs[-1])
        if parts and parts[-1][0] is not None:
            return parts[-1][0]
        if runs[-1].start > _BETWEEN:
            return None
    return None


# Unruled


def _unruled_heads(run: Run) -> tuple[str, tuple[tuple[Cell, ...], ...]]:
    """(what the names are called, the heads of each column of values). An upper line heads what repeats itself below
    it; the title of the first group of rows may stand between the heads and the rows."""
    width = run.width
    if width == 1:
        return "", (tuple(cell for row in run.above[-1:] for cell in row.cells),)
    for number in range(len(run.above) - 1, -1, -1):
        words = run.above[number].cells
        cells = _over_columns(words, width)
        if cells is None and len(words) <= _TITLE_WORDS:
            continue
        if cells is None:
            break
        corner = words[0].text if len(words) == width + 1 else ""
        period = _repeats([" ".join(cell.text for cell in part) for part in cells])
        over = run.above[number - 1].cells[-(width // period) :] if period and number else ()
        if period and len(over) == width // period:
            cells = [(over[at // period], *part) for at, part in enumerate(cells)]
        return corner, tuple(cells)
    return "", ((),) * width


def _over_columns(words: Sequence[Cell], width: int) -> list[tuple[Cell, ...]] | None:
    """The words of a line as heads of so many columns: as many years; a word each, and one for the names; words that
    repeat themselves; as many words each, the first of them the same. None where it is none of these."""
    years = [word for word in words if is_year(word.text.strip(",*"))]
    each = len(words) // width
    if len(years) == width:
        return [(year,) for year in years]
    if len(words) == width + 1 or len(words) == width and _repeats([word.text for word in words]):
        return [(word,) for word in words[-width:]]
    if each > 1 and len(words) % width == 0 and len({word.text for word in words[::each]}) == 1:
        return [tuple(words[at * each : (at + 1) * each]) for at in range(width)]
    return None


def _repeats(names: Sequence[str]) -> int:
    """After how many names they begin again and again, to the end; 0 where they do not."""
    count = len(names)
    return next((p for p in range(1, count) if count % p == 0 and list(names) == list(names[:p]) * (count // p)), 0)
