"""Ruled tables: the grid that the lines of a page draw, and its rows with the words of each cell.

Without rules a table is read by the heights of its words (`reading_order.py`); with them a cell may have several lines,
and only the rules say where it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.pdf.visibility.objects import Box
from docqa.ingest.structure.clean import grouped

_NEAR = 2.5  # points: rules that meet, or are drawn as pieces of one
_MIN_SIDE = 6.0
_MAX_RULES = 4_000
_MAX_FIELDS = 10_000  # squared paper has more
_COVERED = 0.6  # the share of a cell's side that a rule must run along
_MIN_TRUSTED = 4  # rows; rules between fewer may part the head from all of the rest
_MAX_SHARED = 2  # lines on one height in several cells of such a row
_FILLED = 0.4  # the share of the cells of a table that have words


@dataclass(slots=True)
class Row:
    """A row of a table: its text, cells set apart by " | ", its box, and the height of a line of its print."""

    text: str
    box: Box
    height: float
    bold: bool


@dataclass(slots=True)
class _Grid:
    """Rules that cross: horizontal ones as (y, x0, x1), vertical ones as (x, y0, y1)."""

    across: list[Box3] = field(default_factory=list)
    down: list[Box3] = field(default_factory=list)


Box3 = tuple[float, float, float]


def take_tables(words: Sequence[Word], rules: Iterable[Box]) -> tuple[list[Word], list[Row]]:
    """(`words` of a page without those in ruled tables, the rows of these tables from top to bottom).

    `rules` are thin boxes, or the level and upright edges of shapes, in the coordinates of the words.
    """
    rest = list(words)
    rows: list[Row] = []
    for grid in _grids(rules):
        taken, found = _read(grid, rest)
        if found:
            inside = set(map(id, taken))
            rest = [word for word in rest if id(word) not in inside]
            rows += found
    return rest, sorted(rows, key=lambda row: (row.box[1], row.box[0]))


def _grids(rules: Iterable[Box]) -> list[_Grid]:
    """The rules that hang together, with at least two rows and two columns between them."""
    across, down = _merged(rules)
    if len(across) + len(down) > _MAX_RULES:
        return []
    found: list[_Grid] = []
    left = set(range(len(down)))
    for y, x0, x1 in sorted(across):
        mine = [grid for grid in found if any(_meet((y, x0, x1), rule) for rule in grid.down)]
        grid = mine[0] if mine else _Grid()
        for other in mine[1:]:
            grid.across += other.across
            grid.down += other.down
            found.remove(other)
        if not mine:
            found.append(grid)
        grid.across.append((y, x0, x1))
        touched = [at for at in left if _meet((y, x0, x1), down[at])]
        grid.down += [down[at] for at in touched]
        left.difference_update(touched)
    return [grid for grid in found if len(_places(grid.across)) > 2 and len(_places(grid.down)) > 2]


def _merged(rules: Iterable[Box]) -> tuple[list[Box3], list[Box3]]:
    """Level and upright rules, pieces of one line joined."""
    across: list[Box3] = []
    down: list[Box3] = []
    for x0, y0, x1, y1 in rules:
        if x1 - x0 >= y1 - y0:
            across.append(((y0 + y1) / 2, x0, x1))
        else:
            down.append(((x0 + x1) / 2, y0, y1))
    return _joined(across), _joined(down)


def _joined(rules: list[Box3]) -> list[Box3]:
    joined: list[Box3] = []
    for at, start, end in sorted(rules, key=lambda rule: (round(rule[0] / _NEAR), rule[1])):
        if joined and abs(joined[-1][0] - at) < _NEAR and start <= joined[-1][2] + _NEAR:
            joined[-1] = (joined[-1][0], joined[-1][1], max(joined[-1][2], end))
        else:
            joined.append((at, start, end))
    return [rule for rule in joined if rule[2] - rule[1] >= _MIN_SIDE]


def _meet(across: Box3, down: Box3) -> bool:
    y, x0, x1 = across
    x, y0, y1 = down
    return x0 - _NEAR <= x <= x1 + _NEAR and y0 - _NEAR <= y <= y1 + _NEAR


def _places(rules: Sequence[Box3]) -> list[float]:
    """Where the rules lie, each place once, in order."""
    lying = grouped((at for at, *_ in sorted(rules)), lambda same, at: at - same[0] <= _NEAR)
    return [same[0] for same in lying]


def _read(grid: _Grid, words: Sequence[Word]) -> tuple[list[Word], list[Row]]:
    """(the words within the grid, its rows); nothing where its cells are mostly empty, as the lines of a chart are, or
    contain what no rule separates."""
    ys, xs = _places(grid.across), _places(grid.down)
    if len(ys) * len(xs) > _MAX_FIELDS:
        return [], []
    inside = [w for w in words if xs[0] <= (w.x0 + w.x1) / 2 <= xs[-1] and ys[0] <= (w.top + w.bottom) / 2 <= ys[-1]]
    owners = _owners(grid, ys, xs)
    cells: dict[tuple[int, int], list[Word]] = {}
    for word in inside:
        row = sum(y < (word.top + word.bottom) / 2 for y in ys[1:-1])
        column = sum(x < (word.x0 + word.x1) / 2 for x in xs[1:-1])
        cells.setdefault(owners[row, column], []).append(word)
    bands = [[cells[row, at] for at in range(len(xs) - 1) if (row, at) in cells] for row in range(len(ys) - 1)]
    bands = [band for band in bands if band]
    rights: dict[tuple[int, int], float] = {}
    for (_, column), owner in owners.items():
        rights[owner] = max(rights.get(owner, 0.0), xs[column + 1])
    edges = {id(cell): rights[owner] for owner, cell in cells.items()}
    if sum(len(band) > 1 for band in bands) < 2 or len(cells) < _FILLED * len(set(owners.values())):
        return [], []
    if len(bands) < _MIN_TRUSTED and any(_has_rows(band, edges) for band in bands):
        return [], []
    return inside, [_row(band, xs) for band in bands]


def _row(band: Sequence[Sequence[Word]], xs: Sequence[float]) -> Row:
    words = [word for cell in band for word in cell]
    heights = sorted(word.bottom - word.top for word in words)
    box = xs[0], min(w.top for w in words), xs[-1], max(w.bottom for w in words)
    text = " | ".join(" ".join(word.text for line in _lines(cell) for word in line) for cell in band)
    return Row(text, box, heights[len(heights) // 2], all(cell[0].bold for cell in band))


def _has_rows(band: Sequence[list[Word]], edges: Mapping[int, float]) -> bool:
    """Whether a band between two rules has several rows of its table: its cells share many heights, or two and their
    lines end where the next word would have fitted. `edges`: the right edge of each cell, by its `id`."""
    shared = _shared_lines(band)
    if shared < 2:
        return False
    broken = [any(_ends_early(a, b, edges[id(cell)]) for a, b in pairwise(lines)) for cell in band
              if len(lines := _lines(cell)) > 1]  # fmt: skip
    return shared > _MAX_SHARED or 2 * sum(broken) >= len(broken)


def _ends_early(line: Sequence[Word], after: Sequence[Word], edge: float) -> bool:
    """Whether the first word of the line `after` would have fitted behind `line`, leaders left out; figures below each
    other are never one line."""
    if not any(any(map(str.isalpha, word.text)) for word in (*line, *after)):
        return True
    words = [word for word in line if word.text.strip(". ")]
    end = words[-1].x1 if words else line[0].x0
    height = line[0].bottom - line[0].top
    return end + 0.5 * height + (after[0].x1 - after[0].x0) < edge - 0.5 * height


def _shared_lines(band: Sequence[Sequence[Word]]) -> int:
    """On how many heights several cells of a band have words: many are the rows of a table without rules between."""
    heights = sorted(max(word.bottom for word in line) for cell in band for line in _lines(cell))
    return sum(len(same) > 1 for same in grouped(heights, lambda same, height: height - same[0] < _NEAR))


def _owners(grid: _Grid, ys: Sequence[float], xs: Sequence[float]) -> dict[tuple[int, int], tuple[int, int]]:
    """The cell that each field of the grid belongs to, named by its first field: without a rule between them, two
    fields are one cell."""
    owners: dict[tuple[int, int], tuple[int, int]] = {}
    for row, (top, bottom) in enumerate(pairwise(ys)):
        for column, (left, right) in enumerate(pairwise(xs)):
            owner = (row, column)
            if column and not _runs_along(grid.down, left, top, bottom):
                owner = owners[row, column - 1]
            elif row and not _runs_along(grid.across, top, left, right):
                owner = owners[row - 1, column]
            owners[row, column] = owner
    return owners


def _runs_along(rules: Sequence[Box3], at: float, start: float, end: float) -> bool:
    """Whether a rule at `at` covers most of `start` to `end`."""
    covered = sum(
        max(0.0, min(end, rule_end) - max(start, rule_start))
        for place, rule_start, rule_end in rules
        if abs(place - at) <= _NEAR
    )
    return covered > _COVERED * (end - start)


def _lines(cell: Sequence[Word]) -> list[list[Word]]:
    """The words of a cell, line by line."""

    def goes_on(line: list[Word], word: Word) -> bool:
        first = line[0]
        on_height = abs(word.bottom - first.bottom) < 0.6 * (first.bottom - first.top)
        return on_height and (word.top + word.bottom) / 2 < first.bottom

    lines = grouped(sorted(cell, key=lambda w: (w.top + w.bottom, w.x0)), goes_on)
    return [sorted(line, key=lambda w: w.x0) for line in lines]
