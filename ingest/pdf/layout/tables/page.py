"""The tables of a page, taken out of its words: in frames, between level rules, or told by values
below each other.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from docqa.ingest.language.dates import dates
from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.pdf.visibility.objects import Box, widen_box
from docqa.ingest.structure.values import are_consecutive_numbers

from .chunks import LineOfChunks, split_into_lines_of_chunks
from .grid import build_table
from .placed import Row, TableWithPositions, rows_of_table
from .regions import aligned_regions, ruled_regions
from .rules import (
    NEAR,
    RuledLines,
    box_with_open_sides,
    find_connected_frames,
    frame_box,
    table_in_frame,
    words_within,
)

_MOST_TABLES = 60
_FEW = 0.3
_NAMED = 0.6  # the share of the rows of a table of words that have a name


def split_off_tables(
    words: Sequence[Word],
    boxes: Iterable[Box],
    has_drawing_order: Callable[[list[Word]], list[Word]] | None = None,
) -> tuple[list[Word], list[list[Row]]]:
    """(`words` of a page without those in tables, the rows of each of these tables from top to
    bottom).

    `boxes` are the rules of the page: thin boxes, or the level and upright edges of shapes, in the
    coordinates of the words. `has_drawing_order`: puts the words of a cell's line, which are from left to
    right, in the order of reading.
    """
    rules = RuledLines.of(boxes)
    rest = list(words)
    found: list[TableWithPositions] = []
    # What is in a frame within another is not of that one.
    for frame in sorted(find_connected_frames(rules), key=_frame_area):
        box = box_with_open_sides(frame)
        whole = len(words_within(rest, box)) == len(words_within(rest, frame_box(frame)))
        framed = table_in_frame(frame, rest) if whole else None
        fused = framed is not None and _has_merged_values(framed)
        built = _build_tables_in_box(rest, rules, box) if not framed or fused else []
        if framed:
            framed.doubtful = fused or _is_form_or_nameless(framed)
        rest = _add_tables_and_remove_words(found, built or [framed], rest)
    lines: list[LineOfChunks] = []
    read = -1
    for regions in (ruled_regions, aligned_regions):
        if len(rest) != read:
            lines = split_into_lines_of_chunks(rest, rules.down)
            read = len(rest)
        for box in regions(rules, lines):
            if len(found) < _MOST_TABLES:
                rest = _add_tables_and_remove_words(
                    found,
                    _build_tables_in_box(rest, rules, box, is_ruled=regions is not aligned_regions),
                    rest,
                )
    if has_drawing_order:
        for cell in (cell for table in found for cell in table.cells):
            cell.lines = list(map(has_drawing_order, cell.lines))
    return rest, [list(rows_of_table(table, number)) for number, table in enumerate(found)]


def _is_form_or_nameless(table: TableWithPositions) -> bool:
    """Whether most cells are over several columns, as in a form, or values but dates come first, so
    that names are missing."""
    first = [cell for cell in table.cells if not cell.column and cell.row >= table.heads]
    valued = [cell for cell in first if cell.is_value and not any(dates(cell.text))]
    values = len(valued) > _NAMED * len(first) and not are_consecutive_numbers(
        [cell.text for cell in first]
    )
    return values or 2 * sum(cell.columns > 1 for cell in table.cells) > len(table.cells)


def _frame_area(frame: RuledLines) -> float:
    x0, y0, x1, y1 = frame_box(frame)
    return (x1 - x0) * (y1 - y0)


def _has_merged_values(table: TableWithPositions) -> bool:
    """Whether cells hold what no rule separates: values beside each other over several columns or
    on several lines, or values below each other in several of a row."""
    beside: set[int] = set()
    below: Counter[int] = Counter()
    for cell in table.cells:
        if cell.column + cell.columns > 1:
            lines = split_into_lines_of_chunks(cell.words)
            values = [sum(chunk.is_value for chunk in line.chunks) for line in lines]
            whole = cell.row == 0 and any(1 < cell.columns == len(line.chunks) for line in lines)
            if sum(count > 1 for count in values) > (cell.columns == 1) or whole:
                beside.add(cell.row)
            if cell.row >= table.heads:
                below[cell.row] += sum(map(bool, values)) > 1
    return len(beside | {row for row, count in below.items() if count > 1}) > _FEW * len(below)


def _build_tables_in_box(
    words: Sequence[Word], rules: RuledLines, box: Box, *, is_ruled: bool = True
) -> list[TableWithPositions]:
    near = rules.within(widen_box(box, NEAR))
    inside = words_within(words, box)
    table = build_table(inside, near, is_ruled=is_ruled)
    if not table:
        return []
    left, right = _split_side_by_side_tables(table, inside)
    halves = [build_table(half, near, is_ruled=is_ruled) for half in (left, right)] if left else []
    return [half for half in halves if half] if all(halves) and halves else [table]


def _split_side_by_side_tables(
    table: TableWithPositions, words: Sequence[Word]
) -> tuple[list[Word], list[Word]]:
    """The words of two tables that stand side by side as one; none of one table.

    Each has names and values, and one was drawn after the other, row by row, or both have the same
    heads.
    """
    places = {id(word): at for at, word in enumerate(words)}
    drawn = sorted(table.cells, key=lambda cell: places[id(cell.words[0])])
    for edge in range(2, max(cell.column for cell in drawn)):
        halves = [[c for c in drawn if (c.column >= edge) == behind] for behind in (False, True)]
        names = [cell for cell in halves[1] if cell.column == edge and cell.row >= table.heads]
        if any(c.column + c.columns > edge for c in halves[0]) or sum(
            c.is_value for c in names
        ) > _FEW * len(names):
            continue
        if (
            not all(any(c.is_value for c in half if c.row >= table.heads) for half in halves)
            or not names
        ):
            continue
        heads = [
            [c.text for c in half if c.row < table.heads and c.column not in (0, edge)]
            for half in halves
        ]
        apart = not any(a in halves[1] and b in halves[0] for a, b in pairwise(drawn))
        by_row = sum((a.row == b.row) - (a.column == b.column) for a, b in pairwise(drawn)) > 0
        if (apart and by_row) or (heads[0] and heads[0] == heads[1]):
            first, second = ([word for cell in half for word in cell.words] for half in halves)
            return first, second
    return [], []


def _is_figure(table: TableWithPositions) -> bool:
    """Whether these are the labels of a drawing: words without a value, most of their rows without
    a name.
    """
    rows = range(table.heads, 1 + max(cell.row + cell.rows - 1 for cell in table.cells))
    named = {
        row
        for cell in table.cells
        if not cell.column
        for row in range(cell.row, cell.row + cell.rows)
    }
    if len(named.intersection(rows)) >= _NAMED * len(rows):
        return False
    return not any(
        cell.is_value and not cell.text.endswith(".") for cell in table.cells
    )  # "1." counts its parts


def _add_tables_and_remove_words(
    found_tables: list[TableWithPositions],
    tables: Sequence[TableWithPositions | None],
    words: list[Word],
) -> list[Word]:
    """The words that are not in `tables`, which are added to `found_tables`."""
    taken = [table for table in tables if table and not _is_figure(table)]
    found_tables += taken
    inside = {id(word) for table in taken for cell in table.cells for word in cell.words}
    return [word for word in words if id(word) not in inside] if inside else words
