"""Ruled tables: the grid that the lines of a page draw, with the words of each cell.

A cell may have several lines, and only the rules say where it ends.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise

from docqa.ingest.pdf.layout.tables.placed import PlacedCell, PlacedTable, head_count, lines_of
from docqa.ingest.pdf.layout.tables.rules import NEAR, Rules, places, runs_along
from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.pdf.visibility.objects import Box
from docqa.ingest.structure.clean import grouped

_MAX_FIELDS = 10_000  # squared paper has more
_MIN_TRUSTED = 4  # rows; rules between fewer may part the head from all of the rest
_FILLED = 0.4  # the share of the cells of a table that have words

Field = tuple[int, int]


def frame_box(frame: Rules) -> Box:
    """What the rules of a frame are around."""
    ys, xs = places(frame.across), places(frame.down)
    return xs[0], ys[0], xs[-1], ys[-1]


def words_within(words: Sequence[Word], box: Box) -> list[Word]:
    """Those of the `words` whose middle is in `box`."""
    x0, top, x1, bottom = box
    return [w for w in words if top <= (w.top + w.bottom) / 2 <= bottom and x0 <= (w.x0 + w.x1) / 2 <= x1]


def read_frame(frame: Rules, words: Sequence[Word]) -> PlacedTable | None:
    """The table within a frame; None where its cells are mostly empty, as the lines of a chart are, or contain what no
    rule separates."""
    box = frame_box(frame)
    ys = places(frame.across)
    xs = places(frame.down)
    if len(ys) * len(xs) > _MAX_FIELDS:
        return None
    owners = _owners(frame, ys, xs)
    fields: dict[Field, list[Word]] = {}
    for word in words_within(words, box):
        row = bisect_left(ys, (word.top + word.bottom) / 2, 1, len(ys) - 1) - 1
        column = bisect_left(xs, (word.x0 + word.x1) / 2, 1, len(xs) - 1) - 1
        fields.setdefault(owners[row, column], []).append(word)
    bands = [[fields[row, at] for at in range(len(xs) - 1) if (row, at) in fields] for row in range(len(ys) - 1)]
    bands = [band for band in bands if band]
    if sum(len(band) > 1 for band in bands) < 2 or len(fields) < _FILLED * len(set(owners.values())):
        return None
    if len(bands) < _MIN_TRUSTED and any(_shared_lines(band) > 1 for band in bands):
        return None
    return _placed(owners, fields)


def _placed(owners: Mapping[Field, Field], fields: Mapping[Field, list[Word]]) -> PlacedTable:
    spans: dict[Field, Field] = {}
    for (row, column), owner in owners.items():
        rows, columns = spans.get(owner, (1, 1))
        spans[owner] = max(rows, row - owner[0] + 1), max(columns, column - owner[1] + 1)
    cells = [PlacedCell(lines_of(words), *owner, *spans[owner]) for owner, words in sorted(fields.items())]
    return PlacedTable(cells, head_count(cells))


def _shared_lines(band: Sequence[Sequence[Word]]) -> int:
    """On how many heights several cells of a band have words: many are the rows of a table without rules between."""
    heights = sorted(max(word.bottom for word in line) for cell in band for line in lines_of(cell))
    return sum(len(same) > 1 for same in grouped(heights, lambda same, height: height - same[0] < NEAR))


def _owners(frame: Rules, ys: Sequence[float], xs: Sequence[float]) -> dict[Field, Field]:
    """The cell that each field of the grid belongs to, named by its first field: without a rule between them, two
    fields are one cell."""
    owners: dict[Field, Field] = {}
    for row, (top, bottom) in enumerate(pairwise(ys)):
        for column, (left, right) in enumerate(pairwise(xs)):
            owner = (row, column)
            if column and not runs_along(frame.down, left, top, bottom):
                owner = owners[row, column - 1]
            elif row and not runs_along(frame.across, top, left, right):
                owner = owners[row - 1, column]
            owners[row, column] = owner
    return owners
