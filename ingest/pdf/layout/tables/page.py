"""The tables of a page, taken out of its words: in frames, between level rules, or told by values below each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docqa.ingest.pdf.layout.tables.chunks import print_lines
from docqa.ingest.pdf.layout.tables.grid import build
from docqa.ingest.pdf.layout.tables.placed import PlacedTable, Row, rows_of
from docqa.ingest.pdf.layout.tables.regions import aligned_regions, ruled_regions
from docqa.ingest.pdf.layout.tables.rules import NEAR, Rules, frame_box, frames, read_frame, words_within
from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.pdf.visibility.objects import Box

_MOST_TABLES = 60
_NAMED = 0.6  # the share of the rows of a table of words that have a name


def take_tables(words: Sequence[Word], boxes: Iterable[Box]) -> tuple[list[Word], list[list[Row]]]:
    """(`words` of a page without those in tables, the rows of each of these tables from top to bottom).

    `boxes` are the rules of the page: thin boxes, or the level and upright edges of shapes, in the coordinates of the
    words.
    """
    rules = Rules.of(boxes)
    rest = list(words)
    found: list[PlacedTable] = []
    for frame in frames(rules):
        box = frame_box(frame)
        rest = _taken(found, read_frame(frame, rest) or _built(rest, rules, box), rest)
    lines = print_lines(rest, rules.down)
    before = len(rest)
    for box in ruled_regions(rules, lines):
        rest = _taken(found, _built(rest, rules, box), rest)
    lines = lines if len(rest) == before else print_lines(rest, rules.down)
    for box in aligned_regions(lines, rules):
        if len(found) < _MOST_TABLES:
            rest = _taken(found, _built(rest, rules, box, ruled=False), rest)
    return rest, [rows_of(table, number) for number, table in enumerate(found)]


def _built(words: Sequence[Word], rules: Rules, box: Box, *, ruled: bool = True) -> PlacedTable | None:
    near = rules.within((box[0] - NEAR, box[1] - NEAR, box[2] + NEAR, box[3] + NEAR))
    return build(words_within(words, box), near, ruled=ruled)


def _is_figure(table: PlacedTable) -> bool:
    """Whether these are the labels of a drawing: words without a value, most of their rows without a name."""
    rows = range(table.heads, 1 + max(cell.row + cell.rows - 1 for cell in table.cells))
    named = {row for cell in table.cells if not cell.column for row in range(cell.row, cell.row + cell.rows)}
    if len(named.intersection(rows)) >= _NAMED * len(rows):
        return False
    return not any(cell.is_value and not cell.text.endswith(".") for cell in table.cells)  # "1." counts its parts


def _taken(found: list[PlacedTable], table: PlacedTable | None, words: list[Word]) -> list[Word]:
    """The words that are not in `table`, which joins those that were found."""
    if table is None or _is_figure(table):
        return words
    found.append(table)
    inside = {id(word) for cell in table.cells for word in cell.words}
    return [word for word in words if id(word) not in inside]
