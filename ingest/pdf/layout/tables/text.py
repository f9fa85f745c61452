"""The grids of a page's tables in its text: the lines that are rows of tables, and where their cells are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from docqa.ingest.pdf.layout.lines import GridRow, Line
from docqa.ingest.types import Block, Table, TableCell

BETWEEN = " | "


def tables_of(text: str, blocks: Sequence[Block], printed: Sequence[Sequence[Line]]) -> tuple[Table, ...]:
    """The tables of a page with this text, whose blocks have the `printed` lines.

    A table one of whose rows does not read as it was placed (its invisible characters were all of a cell) is left out.
    """
    rows: dict[int, list[tuple[Block, GridRow]]] = {}
    for block, lines in zip(blocks, printed, strict=True):
        grid = lines[0].grid if len(lines) == 1 else None
        if grid is not None:
            rows.setdefault(grid.table, []).append((block, grid))
    tables = (_table(text, found) for found in rows.values())
    return tuple(sorted((table for table in tables if table is not None), key=lambda table: table.start))


def _table(text: str, rows: Sequence[tuple[Block, GridRow]]) -> Table | None:
    cells: list[TableCell] = []
    for number, (block, grid) in enumerate(rows):
        places = list(_places(text[block.start : block.end], block.start))
        if len(places) != len(grid.cells):
            return None
        for (start, end), cell in zip(places, grid.cells, strict=True):
            below = min(cell.rows, len(rows) - number)
            cells.append(TableCell(start, end, number, cell.column, below, cell.columns))
    columns = max(cell.column + cell.columns for cell in cells)
    heads = sum(grid.head for _, grid in rows)
    return Table(min(c.start for c in cells), max(c.end for c in cells), len(rows), columns, heads, tuple(cells))


def _places(line: str, start: int) -> Iterator[tuple[int, int]]:
    parts = line.split(BETWEEN)
    ends = accumulate(len(part) + len(BETWEEN) for part in parts)
    for part, end in zip(parts, ends, strict=True):
        yield start + end - len(BETWEEN) - len(part), start + end - len(BETWEEN)
