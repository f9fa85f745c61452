"""The grids of a page's tables in its text: the lines that are rows of tables, and where their cells are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from docqa.ingest.pdf.layout.lines import GridRow, Line
from docqa.ingest.types import Block, Page, Table, TableCell

BETWEEN = " | "
_BETWEEN = 400  # characters of notes and the like between two parts of a table


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


def mark_continued(pages: Sequence[Page]) -> list[Page]:
    """The pages with those tables marked that go on from the page before: the last one there and the first one here
    have as many columns and hardly a word between them, and here there are no heads, or the same again."""
    found: list[Page] = []
    for page in pages:
        before = found[-1] if found else None
        if before is not None and before.tables and page.tables and _goes_on(before, page):
            page = replace(page, tables=(replace(page.tables[0], continued=True), *page.tables[1:]))
        found.append(page)
    return found


def _goes_on(before: Page, page: Page) -> bool:
    last, first = before.tables[-1], page.tables[0]
    between = len(before.text[last.end :].strip()) + len(page.text[: first.start].strip())
    if last.columns != first.columns or between > _BETWEEN:
        return False
    return not first.heads or _heads(before.text, last) == _heads(page.text, first)


def _heads(text: str, table: Table) -> list[str]:
    return [text[cell.start : cell.end] for cell in table.cells if cell.row < table.heads]


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
