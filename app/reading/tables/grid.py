"""The tables in the text of a page: rows whose cells are set apart by bars, tabs or runs of spaces, and rows of a name
and as many values each, as an unruled table is read.

Where nothing says where a cell ends, no row is taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from docqa.app.reading.tables.cells import Cell, Row
from docqa.ingest.structure.values import is_value, is_year

_RULE = re.compile(r"\|?[\s:|+=-]*-[\s:|+=-]*\|?")
_GAP = re.compile(r"\t+| {3,}")
_DOTS = re.compile(r"(?:(?<!\s)\s++)?(?:\.\s?){4,}\s*+")
_WORD = re.compile(r"\S+")
_LONGEST_NAME = 10  # words of the name of an unruled row
_LONGEST_HEAD = 16  # words of a line between such rows, or above them
_MOST_HEADS = 3
_MOST_BETWEEN = 2
_FEWEST_ROWS = {1: 3}
_FEW_ROWS = 2
_FEW_VALUES = 2


@dataclass(frozen=True)
class Run:
    """Rows of one table in order. `above`: of an unruled table, the lines above its rows, whose words may be heads;
    `width`: how many values each of its rows has; 0 where all cells are set apart."""

    rows: tuple[Row, ...]
    above: tuple[Row, ...] = ()
    width: int = 0

    @property
    def start(self) -> int:
        return min(self.rows[0].start, self.above[0].start) if self.above else self.rows[0].start

    @property
    def end(self) -> int:
        return self.rows[-1].end


@lru_cache(maxsize=64)
def tables_in(text: str) -> tuple[Run, ...]:
    """The tables in the text of a page, in order; rules of Markdown ("|---|") are no rows."""
    lines = list(_lines(text))
    found: list[Run] = []
    loose: list[tuple[int, int]] = []  # lines since the last row whose cells are set apart
    rows: list[Row] = []
    for start, end in lines:
        line = text[start:end]
        if rows and _RULE.fullmatch(line.strip()):
            continue
        row = _parted(text, start, end)
        if row is not None:
            found += _unruled(text, loose)
            loose = []
            rows.append(row)
            continue
        found += _whole(rows)
        rows = []
        loose.append((start, end))
    found += [*_whole(rows), *_unruled(text, loose)]
    return tuple(sorted(found, key=lambda run: run.start))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        if line.strip():
            yield start, start + len(line)
        start += len(line) + 1


def _whole(rows: Sequence[Row]) -> list[Run]:
    return [Run(tuple(rows))] if len(rows) > 1 else []


def _parted(text: str, start: int, end: int) -> Row | None:
    """A line with bars, tabs or wide gaps between its cells as a row."""
    line = text[start:end]
    outer = line.startswith("|")
    if " | " in line or "|" in line and (outer and line.count("|") > 1 or re.match(r"\S{1,12}\|\s", line)):
        return Row(start, end, _between_bars(text, start, end))
    gaps = [(start + gap.start(), start + gap.end()) for gap in _GAP.finditer(line.rstrip()) if gap.start()]
    if not gaps:
        return None
    edges = [start + len(line) - len(line.lstrip()), *(at for gap in gaps for at in gap), start + len(line.rstrip())]
    return Row(start, end, tuple(Cell(a, b, text[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True)))


def _between_bars(text: str, start: int, end: int) -> tuple[Cell, ...]:
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


# Unruled


def _unruled(text: str, lines: Sequence[tuple[int, int]]) -> list[Run]:
    """The tables among lines: rows that follow each other, or nearly so, and have equally many values behind a name."""
    parsed = [_named_values(text, start, end) for start, end in lines]
    found: list[Run] = []
    at = 0
    while at < len(lines):
        first = parsed[at]
        width = len(first.cells) - 1 if first is not None else 0
        last = at
        rows: list[Row] = []
        while width and last < len(lines):
            step = next((s for s in range(_MOST_BETWEEN + 1) if _goes_on(text, lines, parsed, last, s, width)), None)
            row = parsed[last + step] if step is not None else None
            if step is None or row is None:
                break
            rows += [_title(text, *lines[n]) for n in range(last, last + step)]
            rows.append(row)
            last += step + 1
        if sum(len(row.cells) > 1 for row in rows) < _FEWEST_ROWS.get(width, _FEW_ROWS):
            at += 1
            continue
        behind = all(row.cells[-1].start > row.cells[0].start for row in rows if len(row.cells) > 1)
        found.append(Run(tuple(rows), _heads_above(text, lines[:at]) if behind else (), width))
        at = last
    return found


def _goes_on(
    text: str, lines: Sequence[tuple[int, int]], parsed: Sequence[Row | None], at: int, step: int, width: int
) -> bool:
    """Whether a row of that width comes behind `step` short lines that may be titles."""
    if at + step >= len(lines):
        return False
    row = parsed[at + step]
    if row is None or len(row.cells) - 1 != width:
        return False
    between = range(at, at + step)
    return all(parsed[n] is None and _is_short(text[slice(*lines[n])]) for n in between)


def _is_short(line: str) -> bool:
    return len(line.split()) <= _LONGEST_HEAD and line.rstrip()[-1] not in ".,;"


def _named_values(text: str, start: int, end: int) -> Row | None:
    """A line that ends in values behind the words of a name: the name's cell, then the values'."""
    words = [(start + word.start(), start + word.end()) for word in _WORD.finditer(text[start:end])]
    values: list[tuple[int, int]] = []
    while len(words) > 1 or (words and not values):
        a, b = words[-1]
        if text[a:b] in ("$", "€", "£", "¥") and values:
            values[-1] = (a, values[-1][1])
        elif not is_value(text[a:b]):
            break
        else:
            values.append((a, b))
        words.pop()
    if not values:
        return _valued_name(text, start, end, words)
    if not words or len(words) > _LONGEST_NAME:
        return None
    dots = _DOTS.search(text, words[0][0], values[-1][0])
    name_end = dots.start() if dots else words[-1][1]
    name = Cell(words[0][0], name_end, text[words[0][0] : name_end])
    if not (any(map(str.isalpha, name.text)) or len(words) == 1 and is_year(name.text)) or name.text[-1] in ",;":
        return None
    return Row(start, end, (name, *(Cell(a, b, text[a:b]) for a, b in reversed(values))))


def _valued_name(text: str, start: int, end: int, words: Sequence[tuple[int, int]]) -> Row | None:
    """A line that begins with several values in front of a name; a single one may be the number of an item."""
    count = next((n for n, (a, b) in enumerate(words) if not is_value(text[a:b])), len(words))
    if count < _FEW_VALUES or not 0 < len(words) - count <= _LONGEST_NAME or not text[words[count][0]].isalpha():
        return None
    name = Cell(words[count][0], words[-1][1], text[words[count][0] : words[-1][1]])
    return Row(start, end, (name, *(Cell(a, b, text[a:b]) for a, b in words[:count])))


def _title(text: str, start: int, end: int) -> Row:
    words = text[start:end].strip()
    at = text.index(words, start)
    return Row(start, end, (Cell(at, at + len(words), words),))


def _heads_above(text: str, lines: Sequence[tuple[int, int]]) -> tuple[Row, ...]:
    """The short lines above the first row, each with a cell for every word."""
    heads: list[Row] = []
    for start, end in reversed(lines[-_MOST_HEADS:]):
        if not _is_short(text[start:end]):
            break
        words = [(start + word.start(), start + word.end()) for word in _WORD.finditer(text[start:end])]
        heads.append(Row(start, end, tuple(Cell(a, b, text[a:b]) for a, b in words)))
    return tuple(reversed(heads))
