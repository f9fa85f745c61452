"""Tables in plain text: rows whose cells are set apart by bars, tabs or runs of spaces."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from docqa.ingest.structure.values import is_value_text
from docqa.ingest.types import Span, Table, TableCell, lines_of

_RULE = re.compile(r"\|?[\s:|+=-]*-[\s:|+=-]*\|?")
_GAP = re.compile(r"\t+| {3,}")
_BARRED = re.compile(r"\||\S{1,12}\|\s|.* \| ")
_MOST_HEADS = 4

Row = tuple[Span, ...]
"""The cells of a line; an empty one has no characters."""


def find_tables_in_text(text: str, known_tables: Sequence[Table] = ()) -> list[Table]:
    """The tables of a page's text, in order, but those `known_tables`."""
    found: list[Table] = []
    rows: list[Row] = []
    for line in [*_lines_outside_tables(text, known_tables), None]:
        if rows and line and _RULE.fullmatch(line.of(text).strip()):
            continue
        row = _cells_of_line(text, line) if line else None
        if row is not None:
            rows.append(row)
        else:
            found += _tables_of_rows(text, rows)
            rows = []
    return found


def _lines_outside_tables(text: str, known_tables: Sequence[Table]) -> Iterator[Span]:
    """The lines with words outside of tables; for a table an empty one."""
    for line in lines_of(text):
        if any(table.start < line.end and line.start < table.end for table in known_tables):
            yield Span(line.start, line.start)
        elif line.of(text).strip():
            yield line


def _cells_of_line(text: str, line: Span) -> Row | None:
    """The cells of a line with bars, tabs or wide gaps."""
    words = line.of(text).rstrip()
    last = line.start + len(words)
    if "|" in words and _BARRED.match(words):
        outer = words.startswith("|")  # Markdown: a bar in front and after
        bars = [line.start + at for at, letter in enumerate(words) if letter == "|"]
        edges = [
            *([] if outer else [line.start - 1]),
            *bars,
            *([] if outer and words.endswith("|") else [last]),
        ]
        return (
            tuple(_trim_span(text, a + 1, b) for a, b in pairwise(edges))
            if len(edges) > 2
            else None
        )
    first = line.start + len(words) - len(words.lstrip())
    gaps = [place for gap in _GAP.finditer(text, first, last) for place in gap.span()]
    edges = [first, *gaps, last]
    return tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)) if gaps else None


def _trim_span(text: str, start: int, end: int) -> Span:
    words = text[start:end].strip()
    at = text.index(words, start) if words else start
    return Span(at, at + len(words))


def _tables_of_rows(text: str, rows: Sequence[Row]) -> list[Table]:
    """A row of heads after other rows begins a table of its own."""
    valued = [any(is_value_text(cell.of(text)) for cell in row[1:]) for row in rows]
    filled = [sum(cell.has_words for cell in row) for row in rows]
    titles = [number == 1 and row[0].has_words for row, number in zip(rows, filled, strict=True)]
    numeric = 2 * sum(valued) > len(rows) - sum(titles) or any(valued[-1:])
    parts: list[tuple[list[Row], list[Row]]] = [([], [])]
    for at, row in enumerate(rows):
        heads, body = parts[-1]
        named = row[0].has_words
        first = (
            numeric or not named or not at if not body else not named and filled[at] > 1 and numeric
        )
        if valued[at] or titles[at] or len(heads) == _MOST_HEADS or not first:
            if not titles[at] or heads or body:
                body.append(row)
        elif body:
            parts.append(([row], []))
        else:
            heads.append(row)
    return [table for heads, body in parts if (table := _table_from_rows(text, heads, body))]


def _table_from_rows(text: str, heads: Sequence[Row], body: Sequence[Row]) -> Table | None:
    """Rows that lack cells have no certain place and are left out, and so are heads."""
    width = max(map(len, body), default=0)
    rows = [row for row in body if len(row) == width or len(row) == 1]
    if width < 2 or len(rows) + len(heads) < 2:
        return None
    while len(heads) > 1 and sum(cell.has_words for cell in heads[-1]) == 1:
        heads = heads[:-1]  # "(in thousands)"
    lowest = _align_row(heads[-1], width) if heads else []
    placed = (
        [*(_spread_header_cells_over_columns(row, width) for row in heads[:-1]), lowest]
        if lowest
        else []
    )
    cells = [
        TableCell(cell.start, cell.end, number, column, 1, columns)
        for number, row in enumerate([*placed, *(_align_row(row, len(row)) for row in rows)])
        for cell, column, columns in row
        if cell.has_words
    ]
    if not cells:
        return None
    return Table(
        cells[0].start, cells[-1].end, len(placed) + len(rows), width, len(placed), tuple(cells)
    )


Placed = list[tuple[Span, int, int]]
"""Cells with the column where each begins and how many it covers."""


def _align_row(row: Row, width: int) -> Placed:
    """A row with a cell for each column, or for each but that of the names; nothing of others."""
    if len(row) not in (width - 1, width):
        return []
    return [(cell, column + width - len(row), 1) for column, cell in enumerate(row)]


def _spread_header_cells_over_columns(row: Row, width: int) -> Placed:
    """The upper heads, each over the columns up to the next; none where that is uncertain."""
    filled = [cell for cell in row if cell.has_words]
    if len(filled) == 1:
        return [(filled[0], 1, width - 1)] if filled[0] is not row[0] or len(row) == 1 else []
    if len(row) != width or not row[1].has_words:
        return []
    starts = [column for column, cell in enumerate(row) if column and cell.has_words]
    return [(row[a], a, b - a) for a, b in pairwise([*starts, width])]
