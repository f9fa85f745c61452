"""Tables in plain text: rows whose cells are set apart by bars, tabs or runs of spaces, and rows of a name with as many
values each, as an unruled table reads.

Where nothing says where a cell ends, no row is taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from docqa.ingest.structure.values import is_value, is_year, says_value
from docqa.ingest.types import Span, Table, TableCell

_RULE = re.compile(r"\|?[\s:|+=-]*-[\s:|+=-]*\|?")
_GAP = re.compile(r"\t+| {3,}")
_DOTS = re.compile(r"(?:(?<!\s)\s++)?(?:\.\s?){4,}\s*+")
_WORD = re.compile(r"\S+")
_BARRED = re.compile(r"\||\S{1,12}\|\s|.* \| ")
_LONGEST_NAME = 10  # words of the name of an unruled row
_LONGEST_TITLE = 16  # words of a line between such rows
_MOST_BETWEEN = 2  # such lines
_MOST_HEADS = 4
_FEWEST_ROWS = {1: 3}
_FEW_ROWS = 2
_FEW_WORDS = 3  # of the title of the first group, which stands between heads and rows
_SIGNS = "$€£¥"

Row = tuple[Span, ...]
"""The cells of a line; an empty one has no characters."""


def tables_in_text(text: str, taken: Sequence[Table] = ()) -> list[Table]:
    """The tables of a page's text, in order, but what stands in those that are `taken`."""
    found: list[Table] = []
    rows: list[Row] = []
    loose: list[Span] = []  # lines since the last row whose cells are set apart
    for line in [*_lines(text, taken), None]:
        if rows and line is not None and _RULE.fullmatch(text[line.start : line.end].strip()):
            continue
        row = _row(text, line) if line is not None else None
        if row is not None:
            rows.append(row)
            found += _tables_of_values(text, loose)
            loose = []
        else:
            found += _tables_of_rows(text, rows)
            rows = []
            loose += [line] if line is not None else []
    return sorted([*found, *_tables_of_values(text, loose)], key=lambda table: table.start)


def _lines(text: str, taken: Sequence[Table]) -> Iterator[Span]:
    """The lines with words outside of the tables; where a table stands, an empty one."""
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        if any(table.start < end and start < table.end for table in taken):
            yield Span(start, start)
        elif line.strip():
            yield Span(start, end)
        start = end + 1


# Cells that are set apart


def _row(text: str, line: Span) -> Row | None:
    """The cells of a line with bars, tabs or wide gaps between them."""
    words = text[line.start : line.end].rstrip()
    last = line.start + len(words)
    if "|" in words and _BARRED.match(words):
        outer = words.startswith("|")  # Markdown: a bar in front and behind
        bars = [line.start + at for at, letter in enumerate(words) if letter == "|"]
        edges = [*([] if outer else [line.start - 1]), *bars, *([] if outer and words.endswith("|") else [last])]
        return tuple(_trimmed(text, a + 1, b) for a, b in pairwise(edges)) if len(edges) > 2 else None
    first = line.start + len(words) - len(words.lstrip())
    gaps = [place for gap in _GAP.finditer(text, first, last) for place in gap.span()]
    edges = [first, *gaps, last]
    return tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)) if gaps else None


def _trimmed(text: str, start: int, end: int) -> Span:
    words = text[start:end].strip()
    at = text.index(words, start) if words else start
    return Span(at, at + len(words))


def _tables_of_rows(text: str, rows: Sequence[Row]) -> list[Table]:
    """Tables of rows that follow each other: a row of heads behind other rows begins one of its own."""
    valued = [any(_is_value(text, cell) for cell in row[1:]) for row in rows]
    filled = [sum(cell.start < cell.end for cell in row) for row in rows]
    titles = [number == 1 and row[0].start < row[0].end for row, number in zip(rows, filled, strict=True)]
    numeric = 2 * sum(valued) > len(rows) - sum(titles) or any(valued[-1:])
    parts: list[tuple[list[Row], list[Row]]] = [([], [])]
    for at, row in enumerate(rows):
        heads, body = parts[-1]
        named = row[0].start < row[0].end
        first = numeric or not named or not at if not body else not named and filled[at] > 1 and numeric
        if valued[at] or titles[at] or len(heads) == _MOST_HEADS or not first:
            if not titles[at] or heads or body:
                body.append(row)
        elif body:
            parts.append(([row], []))
        else:
            heads.append(row)
    return [table for heads, body in parts if (table := _table(text, heads, body)) is not None]


def _table(text: str, heads: Sequence[Row], body: Sequence[Row]) -> Table | None:
    """The table of these rows; those that lack cells, so that it is not certain where the others belong, have none, and
    so have heads."""
    width = max(map(len, body), default=0)
    rows = [row for row in body if len(row) == width or len(row) == 1]
    if width < 2 or len(rows) + len(heads) < 2:
        return None
    while len(heads) > 1 and sum(cell.start < cell.end for cell in heads[-1]) == 1:
        heads = heads[:-1]  # "(in thousands)"
    lowest = _aligned(heads[-1], width) if heads else None
    placed = [*_spread_heads(text, heads, lowest), lowest] if lowest else []
    cells = [
        TableCell(cell.start, cell.end, number, column, 1, columns)
        for number, row in enumerate([*placed, *map(_plain, rows)])
        for cell, column, columns in row
        if cell.start < cell.end
    ]
    if not cells:
        return None
    return Table(cells[0].start, cells[-1].end, len(placed) + len(rows), width, len(placed), tuple(cells))


Placed = list[tuple[Span, int, int]]
"""Cells with the column where each begins and how many it covers."""


def _plain(row: Row) -> Placed:
    return [(cell, column, 1) for column, cell in enumerate(row)]


def _aligned(row: Row, width: int) -> Placed | None:
    """A row with a cell for each column, or for each but that of the names."""
    if len(row) not in (width - 1, width):
        return None
    return [(cell, column + width - len(row), 1) for column, cell in enumerate(row)]


def _spread_heads(text: str, heads: Sequence[Row], lowest: Placed | None) -> list[Placed]:
    """The rows above the lowest, each head over the columns that it names; one that is not certain is left out."""
    if not lowest:
        return []
    width = lowest[-1][1] + 1
    names = [text[cell.start : cell.end].casefold() for cell, column, _ in lowest if column]
    return [_spread(row, names, width) for row in heads[:-1]]


def _spread(row: Row, names: list[str], width: int) -> Placed:
    filled = [cell for cell in row if cell.start < cell.end]
    if len(filled) == 1:
        return [(filled[0], 1, width - 1)] if filled[0] is not row[0] or len(row) == 1 else []
    over = filled[1:] if len(row) == width and row[0] is filled[0] else filled
    if len(row) == width and len(over) == width - 1:
        return _plain(row)
    repeated = _over_repeats(over, names) or (_over_repeats(filled[1:], names) if len(filled) > 2 else [])
    if len(row) != width or row[1].start == row[1].end or repeated:
        return repeated
    starts = [column for column, cell in enumerate(row) if column and cell.start < cell.end]
    return [(row[a], a, b - a) for a, b in pairwise([*starts, width])]


def _over_repeats(cells: Sequence[Span], names: list[str]) -> Placed:
    """A cell over each run of columns that begins with the same name again, and over each column behind those."""
    if len(cells) == len(names):
        return [(cell, column, 1) for column, cell in enumerate(cells, 1)]
    for period in range(2, len(names)):
        first = names[:period]
        times = next(n for n in range(1, len(names)) if names[n * period : (n + 1) * period] != first)
        if times > 1 and times + len(names) - times * period == len(cells):
            widths = [period] * times + [1] * (len(cells) - times)
            starts = [1 + sum(widths[:at]) for at in range(len(widths))]
            return list(zip(cells, starts, widths, strict=True))
    return []


def _is_value(text: str, cell: Span) -> bool:
    return says_value(text[cell.start : cell.end])


# Names with values behind them


def _tables_of_values(text: str, lines: Sequence[Span]) -> list[Table]:
    """The tables among lines: rows that follow each other, or nearly so, and have equally many values behind a name."""
    parsed = [_named_values(text, line) for line in lines]
    found: list[Table] = []
    at = 0
    while at < len(lines):
        rows = _rows_from(text, lines, parsed, at)
        valued = [row for row in rows if len(row) > 1]
        width = len(valued[0]) if valued else 0
        if len(valued) < _FEWEST_ROWS.get(width - 1, _FEW_ROWS) or not (width > 2 or _are_amounts(text, valued)):
            at += 1
            continue
        heads = _heads_above(text, lines[max(at - 2, 0) : at], width)
        table = _table(text, heads, rows)
        found += [table] if table is not None else []
        at += len(rows)
    return found


def _rows_from(text: str, lines: Sequence[Span], parsed: Sequence[Row], at: int) -> list[Row]:
    """The rows from line `at` on, short lines between them as titles."""
    rows: list[Row] = []
    between: list[Row] = []
    for row, line in zip(parsed[at:], lines[at:], strict=True):
        if row and len(row) == len(parsed[at]):
            rows += [*between, row]
            between = []
        elif row or not rows or len(between) == _MOST_BETWEEN or not _is_title(text[line.start : line.end]):
            break
        else:
            between.append((_trimmed(text, line.start, line.end),))
    return rows


def _is_title(line: str) -> bool:
    return bool(line) and len(line.split()) <= _LONGEST_TITLE and line.rstrip()[-1] not in ".,;"


def _are_amounts(text: str, rows: Sequence[Row]) -> bool:
    """Whether the only values of rows are no plain numbers, as those of pages and of years are."""
    said = [text[row[1].start : row[1].end] for row in rows]
    return all(any(sign in value for sign in "$€£¥%,.") for value in said)


def _named_values(text: str, line: Span) -> Row:
    """A line that ends in values behind the words of a name: the name's cell, then the values'; else nothing."""
    words = [Span(*word.span()) for word in _WORD.finditer(text, line.start, line.end)]
    values: list[Span] = []
    while len(words) > 1:
        word = text[words[-1].start : words[-1].end]
        if word in _SIGNS and values:
            values[0] = Span(words[-1].start, values[0].end)
        elif is_value(word):
            values.insert(0, words[-1])
        else:
            break
        words.pop()
    if not values or len(words) > _LONGEST_NAME:
        return ()
    dots = _DOTS.search(text, words[0].start, values[-1].start)
    name = Span(words[0].start, dots.start() if dots else words[-1].end)
    said = text[name.start : name.end]
    if not (any(map(str.isalpha, said)) or len(words) == 1 and is_year(said)) or said[-1] in ",;":
        return ()
    return (name, *values)


def _heads_above(text: str, lines: Sequence[Span], width: int) -> list[Row]:
    """The line above rows of `width` cells as their heads: a word for each, or as many years; the title of the first
    rows may stand between."""
    for line in reversed(lines):
        if not _is_title(text[line.start : line.end]):
            break
        words = tuple(Span(*word.span()) for word in _WORD.finditer(text, line.start, line.end))
        years = tuple(word for word in words if is_year(text[word.start : word.end].strip(",*")))
        if len(years) == width - 1:
            return [years]
        if len(words) == width:
            return [words]
        if len(words) > _FEW_WORDS:
            break
    return []
