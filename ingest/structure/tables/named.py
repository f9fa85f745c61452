"""Tables of a page with the names of rows and columns, also those on pages before and over groups
of rows; a column whose head is not certain has none."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from docqa.ingest.structure.values import is_year
from docqa.ingest.types import Document, Page, Span, TableCell
from docqa.ingest.types import Table as Grid

_TOTAL = re.compile(r"(?:sub-?)?totals?\b", re.IGNORECASE)
_MOST_PAGES = 60

Fields = Mapping[tuple[int, int], TableCell]


class Cell(NamedTuple):
    """Characters `start:end` of a page's text; empty cells have none."""

    start: int
    end: int
    text: str

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    @property
    def is_year(self) -> bool:
        return is_year("".join(self.text.split()))


class NamedRow(NamedTuple):
    """A row, `start:end` of its page's text, with its `name`, the `titles` of its groups, and a
    cell for each column of values; one without words has no characters."""

    start: int
    end: int
    name: Cell
    titles: tuple[Cell, ...]
    values: tuple[Cell, ...]

    @property
    def group(self) -> str:
        return " ".join(title.text for title in self.titles)

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (self.name, *self.values)


class NamedTable(NamedTuple):
    """A table and its names. `corner`: of the columns of names; `columns`: heads of the others,
    uppermost first, on `head_page`.
    """

    page: int
    head_page: int
    grid: Grid
    corner: str
    columns: tuple[tuple[Cell, ...], ...]
    entries: tuple[NamedRow, ...]

    @property
    def start_offset(self) -> int:
        return self.grid.start

    @property
    def end_offset(self) -> int:
        return self.grid.end

    def column_name(self, column: int) -> str:
        return " ".join(cell.text for cell in self.columns[column])


def named_tables_of_page(document: Document, page: int) -> list[NamedTable]:
    """The tables of `page`, in order; one that goes on has the heads of the page before."""
    return [
        table
        for grid in document.pages[page - 1].tables
        if (table := _name_rows_and_columns(document, page, grid))
    ]


def _name_rows_and_columns(document: Document, page: int, grid: Grid) -> NamedTable | None:
    text = document.pages[page - 1].text
    above, headed = _page_with_column_heads(document, page, grid)
    fields = headed.fields()
    heads = [
        [
            _cell_from_grid(above.text, cell)
            for cell in dict.fromkeys(fields.get((row, at)) for row in range(headed.heads))
            if cell
        ]
        for at in range(grid.columns)
    ]
    corner = dict.fromkeys(cell.text for head in heads[: grid.names] for cell in head)
    entries = tuple(_named_rows(text, grid))
    if not entries or grid.names >= grid.columns:
        return None
    return NamedTable(
        page, above.page, grid, " ".join(corner), tuple(map(tuple, heads[grid.names :])), entries
    )


def _page_with_column_heads(document: Document, page: int, grid: Grid) -> tuple[Page, Grid]:
    """The last page up to `page` on which that table has heads, and it there; its own where none
    has.
    """
    here = document.pages[page - 1]
    if grid.continued and not grid.heads:
        for number in range(page - 1, max(page - _MOST_PAGES, 0), -1):
            before = document.pages[number - 1]
            if not before.tables:
                break
            if before.tables[-1].heads or not before.tables[-1].continued:
                return before, before.tables[-1]
    return here, grid


def _named_rows(text: str, grid: Grid) -> Iterator[NamedRow]:
    fields = grid.fields()
    titles: list[Cell] = []
    fresh = False
    for number in range(grid.heads, grid.rows):
        own = [cell for cell in grid.cells if cell.row == number]
        if len(own) == 1 and own[0].column == 0:
            # Titles that follow each other are one within the other.
            title = _cell_from_grid(text, own[0])
            titles = [*titles, title] if fresh else [*titles[:-1], title]
            fresh = True
        elif own:
            fresh = False
            start = min(cell.start for cell in own)
            end = max(cell.end for cell in own)
            nothing = Cell(start, start, "")
            name = _row_name_cell(text, fields, number, grid) or nothing
            cells = [fields.get((number, at)) for at in range(grid.names, grid.columns)]
            values = tuple(_cell_from_grid(text, cell) if cell else nothing for cell in cells)
            yield NamedRow(start, end, name, tuple(titles), values)
            titles = [] if _TOTAL.match(name.text) else titles


def _row_name_cell(text: str, fields: Fields, row: int, grid: Grid) -> Cell | None:
    """The cells that name a row as one; where the first is empty, that of the rows above goes
    on.
    """
    cells = [fields.get((row, at)) for at in range(grid.names)]
    if grid.names > 1 and not cells[0] and any(cells):
        above = (fields.get((number, 0)) for number in range(row - 1, grid.heads - 1, -1))
        cells[0] = next((cell for cell in above if cell), None)
    shown = [_cell_from_grid(text, cell) for cell in cells if cell]
    return (
        Cell(shown[-1].start, shown[-1].end, " ".join(dict.fromkeys(cell.text for cell in shown)))
        if shown
        else None
    )


def _cell_from_grid(text: str, cell: TableCell) -> Cell:
    return Cell(cell.start, cell.end, cell.of(text))
