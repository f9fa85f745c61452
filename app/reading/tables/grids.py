"""The tables whose grid the reader of the document knows (`Page.tables`), with the names of their rows and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from docqa.app.reading.tables.cells import Cell, Row
from docqa.ingest.types import Document, Table, TableCell

_MOST_PAGES = 60
_MOST_NAMES = 4  # columns
_LONGEST_NAME = 6  # words of a cell in a further column of names
_VALUED = 0.2  # the share of its cells that may be values in a column of names

Fields = Mapping[tuple[int, int], TableCell]


@dataclass(frozen=True)
class NamedRow:
    """A row below the heads: the cells that name it, the titles above it, outermost first, and a cell for each column
    of values; one without words has none (`start` is `end`)."""

    row: Row
    name: Cell
    groups: tuple[str, ...]
    values: tuple[Cell, ...]


@dataclass(frozen=True)
class Grid:
    """A table of a page: what the column of names is called, the heads of each column of values, uppermost first, and
    the rows."""

    page: int
    table: Table
    corner: str
    columns: tuple[tuple[Cell, ...], ...]
    rows: tuple[NamedRow, ...]


def grids_of(document: Document, page: int) -> list[Grid]:
    """The tables of `page` whose grid is known, in order; one that goes on has the heads of the page before."""
    text = document.pages[page - 1].text
    return [grid for table in document.pages[page - 1].tables if (grid := _grid(document, page, text, table))]


def _grid(document: Document, page: int, text: str, table: Table) -> Grid | None:
    fields = table.fields()
    names = _name_columns(text, table, fields)
    above = _heads_before(document, page) if table.continued and not table.heads else (text, table, fields)
    head_text, head_table, head_fields = above
    heads = [[_cell(head_text, c) for c in _column(head_fields, at, head_table.heads)] for at in range(table.columns)]
    columns = tuple(map(tuple, heads[names:]))
    corner = dict.fromkeys(cell.text for head in heads[:names] for cell in head)
    rows = tuple(_rows(text, table, fields, names))
    if not rows or not columns:
        return None
    return Grid(page, table, " ".join(corner), columns, rows)


def _heads_before(document: Document, page: int) -> tuple[str, Table, Fields]:
    """The text, table and fields of the last page before `page` on which its table has heads."""
    for number in range(page - 1, max(page - _MOST_PAGES, 0), -1):
        before = document.pages[number - 1]
        if not before.tables:
            break
        table = before.tables[-1]
        if table.heads or not table.continued:
            return before.text, table, table.fields()
    here = document.pages[page - 1]
    return here.text, here.tables[0], here.tables[0].fields()


def _column(fields: Fields, column: int, heads: int) -> list[TableCell]:
    """The heads over a column, each once; a title over the whole table is none."""
    found = [fields[row, column] for row in range(heads) if (row, column) in fields]
    return list(dict.fromkeys(found))


def _cell(text: str, cell: TableCell) -> Cell:
    return Cell(cell.start, cell.end, text[cell.start : cell.end])


def _name_columns(text: str, table: Table, fields: Fields) -> int:
    """How many columns from the left name the rows: the first, and further ones of words where values follow."""
    valued = [_has_values(text, table, fields, column) for column in range(table.columns)]
    if not any(valued[1:]):
        return 1
    count = min(valued.index(True, 1), _MOST_NAMES)
    return next((at for at in range(1, count) if _words(text, table, at) > _LONGEST_NAME), count)


def _words(text: str, table: Table, column: int) -> float:
    """How many words the cells of a column have, in the mean."""
    cells = [_cell(text, c).text.split() for c in table.cells if c.column == column and c.row >= table.heads]
    return sum(map(len, cells)) / max(len(cells), 1)


def _has_values(text: str, table: Table, fields: Fields, column: int) -> bool:
    cells = {fields[row, column] for row in range(table.heads, table.rows) if (row, column) in fields}
    whole = [_cell(text, cell) for cell in cells if cell.columns == 1]
    return not whole or sum(cell.is_value for cell in whole) > _VALUED * len(whole)


def _rows(text: str, table: Table, fields: Fields, names: int) -> list[NamedRow]:
    found: list[NamedRow] = []
    titles: list[str] = []
    fresh = False
    for number in range(table.heads, table.rows):
        own = [cell for cell in table.cells if cell.row == number]
        if len(own) == 1 and own[0].column == 0 and table.columns > 1:
            # Titles that follow each other are one within the other.
            title = _cell(text, own[0]).text
            titles, fresh = [*titles, title] if fresh else [*titles[:-1], title], True
        elif own:
            fresh = False
            start, end = min(cell.start for cell in own), max(cell.end for cell in own)
            nothing = Cell(start, start, "")
            name = _name(text, fields, number, names, table.heads) or nothing
            values = tuple(_field(text, fields, number, at) or nothing for at in range(names, table.columns))
            found.append(NamedRow(Row(start, end, (name, *values)), name, tuple(titles), values))
    return found


def _name(text: str, fields: Fields, row: int, names: int, heads: int) -> Cell | None:
    """The cells that name a row as one; where the first is empty, that of the rows above goes on."""
    cells = [_field(text, fields, row, at) for at in range(names)]
    if names > 1 and cells[0] is None and any(cells):
        above = (_field(text, fields, number, 0) for number in range(row - 1, heads - 1, -1))
        cells[0] = next((cell for cell in above if cell is not None), None)
    shown = [cell for cell in cells if cell is not None]
    if not shown:
        return None
    return Cell(shown[-1].start, shown[-1].end, " ".join(dict.fromkeys(cell.text for cell in shown)))


def _field(text: str, fields: Fields, row: int, column: int) -> Cell | None:
    cell = fields.get((row, column))
    return _cell(text, cell) if cell is not None else None
