"""What the order of drawing says about a page's reading order: a second opinion, independent of
places.

Most programs draw a column, a cell or a text box to its end. Segments on one height that were not
drawn one after the other, though each goes on above or below, are no line of print.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from itertools import pairwise

from docqa.ingest.pdf.visibility.objects import Box, box_around
from docqa.ingest.structure.clean import group_consecutive, places_by_identity

from .columns import WordRun, are_in_same_row

_GAP = 0.7  # heights: closer ones are pieces of one word or formula
_STEP = 1.6  # heights from line to line within a block
_FEW_TORN = 2
_WIDE = 1.5  # heights: the gap between columns or cells
# rows; a running head and foot may be drawn anywhere
_FEW_DISPLACED = 3
_SHARE_DISPLACED = 0.04
_MOST_BLOCKS = 400
_NEAR = 3.0  # points: edges of one column
_FIGURES = 0.5  # words with letters on a line: fewer are figures
_WRAPPED = 4  # words on a line; lines of an address or a label have fewer


@dataclass(slots=True)
class DrawnBlock:
    """Segments drawn without a break. `right`: the furthest that its lines could run to; `wrapped`:
    they are running text, broken where the next word did not fit."""

    segments: list[WordRun]
    box: Box
    right: float
    wrapped: bool = True


def count_neighbours_drawn_apart(
    rows: Sequence[Sequence[WordRun]], drawn_blocks: Sequence[WordRun]
) -> int:
    """How often neighbours in a row, with a gap between, belong to two texts by `drawn_blocks`: what comes
    next is below the first, or what came before above the second."""
    numbers = places_by_identity(drawn_blocks)
    return sum(
        _are_drawn_apart(a, b, numbers, drawn_blocks) for row in rows for a, b in pairwise(row)
    )


def _are_drawn_apart(
    a: WordRun, b: WordRun, numbers: dict[int, int], drawn_blocks: Sequence[WordRun]
) -> bool:
    first = numbers[id(a)]
    second = numbers[id(b)]
    if second == first + 1 or b.x0 - a.x1 < _GAP * min(a.height, b.height):
        return False
    after = drawn_blocks[first + 1] if first + 1 < len(drawn_blocks) else None
    before = drawn_blocks[second - 1] if second else None
    return (after is not None and _is_below(after, a)) or (
        before is not None and _is_below(b, before)
    )


def _is_below(segment: WordRun, other: WordRun) -> bool:
    height = max(segment.height, other.height)
    lower = 0.3 * height < segment.bottom - other.bottom < 2 * height
    return lower and segment.x0 < other.x1 and other.x0 < segment.x1


def side_by_side_texts(
    segments: Sequence[WordRun], rows: Sequence[Sequence[WordRun]]
) -> list[DrawnBlock]:
    """The segments of a region in the blocks in which they are read, or none where its `rows` do
    not run through texts side by side. Blocks come as drawn, but after what is above them in their
    column; a table's columns are one block."""
    if all(len(row) < 2 for row in rows):
        return []
    drawn = sorted(segments, key=lambda s: s.drawn)
    if count_neighbours_drawn_apart(rows, drawn) < _FEW_TORN:
        return []
    found = _join_table_columns(group_consecutive(drawn, _continues_block))
    if len(found) > _MOST_BLOCKS:
        return []
    blocks = [DrawnBlock(own, _box_around_block(own), 0.0) for own in _blocks_top_down(found)]
    for block in blocks:
        block.right = _right_edge_of_column(block, blocks)
        block.wrapped = _is_wrapped_text(block)
    return blocks


def _continues_block(block: Sequence[WordRun], segment: WordRun) -> bool:
    last = block[-1]
    height = max(last.height, segment.height, 1.0)
    if are_in_same_row(last, segment):
        return segment.x0 > last.x0
    if segment.top < last.top - height:
        return False
    # A raised or lowered piece of the same line, or a line below one of the block.
    beside = -height < segment.x0 - last.x1 < height and abs(segment.bottom - last.bottom) < height
    below = 0 <= segment.bottom - last.bottom < _STEP * height
    left = min(s.x0 for s in block[-8:])
    right = max(s.x1 for s in block[-8:])
    return beside or (below and segment.x0 < right and left < segment.x1)


def _box_around_block(block: Sequence[WordRun]) -> Box:
    return box_around(*[segment.box for segment in block])


def _join_table_columns(blocks: list[list[WordRun]]) -> list[list[WordRun]]:
    joined: list[list[WordRun]] = []
    for block in blocks:
        mate = next(
            (other for other in reversed(joined[-6:]) if _are_table_columns(other, block)), None
        )
        if mate is None:
            joined.append(list(block))
        else:
            mate += block
    return joined


def _are_table_columns(a: Sequence[WordRun], b: Sequence[WordRun]) -> bool:
    """Whether they share most heights and one is of figures."""
    if min(_lettered_words_per_segment(a), _lettered_words_per_segment(b)) >= _FIGURES:
        return False
    (ax0, atop, ax1, abottom), (bx0, btop, bx1, bbottom) = (
        _box_around_block(a),
        _box_around_block(b),
    )
    if min(ax1, bx1) - max(ax0, bx0) > 0.2 * min(ax1 - ax0, bx1 - bx0) or min(
        abottom, bbottom
    ) <= max(atop, btop):
        return False
    fewer, more = sorted((a, b), key=len)
    shared = sum(any(are_in_same_row(s, other) for other in more) for s in fewer)
    return len(fewer) > 1 and shared >= 0.7 * len(fewer) and 2 * len(fewer) >= len(more)


def _lettered_words_per_segment(block: Sequence[WordRun]) -> float:
    """Words with letters, per segment."""
    return sum(
        any(map(str.isalpha, word.text)) for segment in block for word in segment.words
    ) / len(block)


def _blocks_top_down(blocks: list[list[WordRun]]) -> Iterator[list[WordRun]]:
    """Each after those above it in its column."""
    places = [_box_around_block(block) for block in blocks]
    above = {
        number: [other for other, box in enumerate(places) if _is_block_above(box, place)]
        for number, place in enumerate(places)
    }
    order = TopologicalSorter(above)
    order.prepare()
    ready: list[int] = []
    while order.is_active():
        for number in order.get_ready():
            heappush(ready, number)
        first = heappop(ready)
        yield blocks[first]
        order.done(first)


def _is_block_above(a: Box, b: Box) -> bool:
    """In the same column. No two boxes are above each other, so none is lost."""
    return a[1] + a[3] < b[1] + b[3] and a[3] <= b[1] + 2 and min(a[2], b[2]) - max(a[0], b[0]) > 1


def _right_edge_of_column(block: DrawnBlock, blocks: Sequence[DrawnBlock]) -> float:
    """The furthest x of its column's lines: of all the region's where nothing stands beside it."""
    x0, top, x1, bottom = block.box
    beside = [
        o.box[0]
        for o in blocks
        if o.box[0] >= x1 - 1 and min(o.box[3], bottom) > max(o.box[1], top) + 1
    ]
    if not beside:
        return max(other.box[2] for other in blocks)
    limit = min(beside)
    return max(
        o.box[2] for o in blocks if o is block or (abs(o.box[0] - x0) < _NEAR and o.box[2] <= limit)
    )


def _is_wrapped_text(block: DrawnBlock) -> bool:
    """Whether most lines, of several words, run from edge to edge, as far as the next word lets
    them.
    """
    lines = group_consecutive(
        sorted(block.segments, key=lambda s: s.bottom), lambda line, s: are_in_same_row(line[-1], s)
    )
    fits = flush = even = 0
    for line, after in pairwise(lines):
        first = min(after, key=lambda s: s.x0)
        end = max(s.x1 for s in line)
        flush += first.x0 - block.box[0] < 0.6 * first.height
        even += end > block.box[2] - 0.7 * first.height
        fits += end + 0.25 * first.height + first.words[0].x1 - first.words[0].x0 < block.right
    most = 0.5 * (len(lines) - 1)
    words = sum(len(segment.words) for segment in block.segments)
    return len(lines) < 2 or (
        words >= _WRAPPED * len(lines) and flush >= most and (fits <= most or even > most)
    )


def grade_of_reading_order(rows: Sequence[Sequence[WordRun]]) -> str:
    """The grade of the order in which `rows` are read, by that of drawing. A: both agree, or there
    are no columns, tables or wide gaps. B: some rows were drawn elsewhere. C: a row runs through
    texts drawn apart."""
    gaps = [
        (a, b)
        for row in rows
        for a, b in pairwise(row)
        if b.x0 - a.x1 > _WIDE * min(a.height, b.height)
    ]
    if not gaps and not any(b[0].bottom < a[0].top for a, b in pairwise(rows)):
        return "A"  # the reading never goes back up the page
    drawn = sorted((segment for row in rows for segment in row), key=lambda s: s.drawn)
    numbers = places_by_identity(drawn)
    words = [
        (a, b)
        for a, b in gaps
        if min(_lettered_words_per_segment([a]), _lettered_words_per_segment([b])) >= 1
    ]
    if sum(_are_drawn_apart(a, b, numbers, drawn) for a, b in words) >= _FEW_TORN:
        return "C"
    displaced = len(rows) - _longest_rising_length(
        [min(numbers[id(s)] for s in row) for row in rows]
    )
    return "B" if displaced >= max(_FEW_DISPLACED, _SHARE_DISPLACED * len(rows)) else "A"


def _longest_rising_length(numbers: Sequence[int]) -> int:
    ends: list[int] = []
    for number in numbers:
        at = bisect_left(ends, number)
        ends[at : at + 1] = [number]
    return len(ends)
