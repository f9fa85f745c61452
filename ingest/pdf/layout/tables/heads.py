"""The heads over the columns of a table: which columns each names, on several lines and over
several columns.
"""

from bisect import bisect_right
from collections.abc import Sequence
from math import inf

from .chunks import LineOfChunks, Lines, WordChunk
from .placed import CellWithPosition
from .rules import RuledLines

LAPPED = 0.25  # heights that lines side by side share
_OFF_CENTRE = (
    0.06  # of its width: how far a head may stand from the middle of the columns that it names
)
_TIGHT = 0.7
_AS_WIDE = 0.6

Span = tuple[int, int]
"""A first and a last column."""
Edges = Sequence[float]


def place_header_cells(lines: Lines, edges: Edges, rules: RuledLines) -> list[CellWithPosition]:
    """The cells of the lines of a head, each over the columns that it names; lines of one head are
    one cell.
    """
    if not lines:
        return []
    rows: list[list[CellWithPosition]] = []
    before = lines[0]
    spans: list[list[Span]] = []
    for at in reversed(range(len(lines))):
        below = [
            line for line in lines[at + 1 :] if line.top > lines[at].bottom - LAPPED * line.height
        ]
        spans.insert(
            0,
            _column_spans_of_chunks(
                lines[at], below, spans[-len(below)] if below else [], edges, rules
            ),
        )
    for line, spanned in zip(lines, spans, strict=True):
        placed = [
            CellWithPosition([chunk.words], 0, first, 1, last - first + 1)
            for chunk, (first, last) in zip(line.chunks, spanned, strict=True)
        ]
        if rows and _is_header_line_continued(rows[-1], placed, before, line, rules):
            for cell in placed:
                upper = next(
                    (c for c in rows[-1] if c.covered == cell.covered),
                    None,
                )
                if upper:
                    upper.lines += cell.lines
                else:
                    rows[-1].append(cell)
        else:
            rows.append(placed)
        before = line
    for number, row in enumerate(rows):
        for cell in row:
            cell.row = number
    return [cell for row in rows for cell in sorted(row, key=lambda cell: cell.column)]


def _is_header_line_continued(
    upper: Sequence[CellWithPosition],
    lower: Sequence[CellWithPosition],
    before: LineOfChunks,
    line: LineOfChunks,
    rules: RuledLines,
) -> bool:
    """Whether a line goes on with the heads above: over the same columns, close below, without a
    rule.
    """
    if line.top - before.bottom > _TIGHT * line.height:
        return False
    if any(
        before.bottom - 0.5 * line.height <= y <= line.top + 0.5 * line.height
        for y, *_ in rules.across
    ):
        return False
    for cell in lower:
        own = cell.covered
        over = [c.covered for c in upper if c.column < own.stop and own.start < c.covered.stop]
        if over and over != [own]:
            return False
    lapped = before.bottom - line.top > LAPPED * line.height
    return lapped or any(c.covered == cell.covered for cell in lower for c in upper)


def _column_spans_of_chunks(
    line: LineOfChunks, below: Lines, lower: Sequence[Span], edges: Edges, rules: RuledLines
) -> list[Span]:
    """The first and last column that each chunk names: those of the rule under it, of the head
    below that it begins (`lower`: the line below), that it reaches over, or that groups are centred
    over."""
    ends = [(chunk.words[0], chunk.words[-1]) for chunk in line.chunks]
    direct = [(column_of(a.middle, edges), column_of(b.middle, edges)) for a, b in ends]

    def centred(at: int, low: int, *, grouped: bool) -> Span:
        high = direct[at + 1][0] - 1 if at + 1 < len(direct) else len(edges)
        if grouped and at + 1 < len(direct):
            high = (direct[at][1] + direct[at + 1][0]) // 2  # the next group has as many columns
        return _columns_centred_under(line.chunks[at], direct[at], (low, high), below, edges)

    found: list[Span] = []
    stacks = [_index_of_chunk_below(chunk, line, below, rules) for chunk in line.chunks]
    lows = [1, *(last + 1 for _, last in direct)]
    flush = [
        s is not None and _are_both_flush_right(c, below[0].chunks[s])
        for c, s in zip(line.chunks, stacks, strict=True)
    ]
    beside = (at for at, stacked in enumerate(stacks) if stacked is not None and not flush[at])
    wide = [centred(at, lows[at], grouped=True) for at in beside]
    grouped = len(wide) > 1 and all(first < last for first, last in wide)
    for at, chunk in enumerate(line.chunks):
        ruled = _columns_under_rule(chunk, line, below, edges, rules)
        if ruled:
            found.append(ruled)
            continue
        stacked = stacks[at]
        if stacked is not None and (flush[at] or not grouped):
            found.append(lower[stacked])
            continue
        found.append(
            centred(at, found[-1][1] + 1 if found else min(direct[at][0], 1), grouped=grouped)
        )
    return found


def _columns_under_rule(
    chunk: WordChunk, line: LineOfChunks, below: Lines, edges: Edges, rules: RuledLines
) -> Span | None:
    """The columns that a rule under the chunk runs over, or between upright rules in whose middle
    it is; else None.
    """
    if not below:
        return None
    floor = below[0].top + 0.5 * below[0].height
    walls = [x for x, y0, y1 in rules.down if y0 - 1 <= (line.top + line.bottom) / 2 <= y1 + 1]
    left = max((x for x in walls if x < chunk.middle), default=-inf)
    right = min((x for x in walls if x > chunk.middle), default=inf)
    low = line.bottom - 0.4 * line.height
    spaces = [
        (max(x0, left), min(x1, right)) for y, x0, x1 in sorted(rules.across) if low <= y <= floor
    ]
    if right - left < inf and abs((left + right) / 2 - chunk.middle) < max(
        _OFF_CENTRE * (right - left), 3
    ):
        spaces.append((left, right))
    for x0, x1 in spaces:
        if x0 <= chunk.middle <= x1:
            if sum(x0 <= other.middle <= x1 for other in line.chunks) > 1:
                return None  # pieces that look like one
            named = {
                column_of(c.middle, edges)
                for part in below
                for c in part.chunks
                if x0 <= c.middle <= x1
            }
            return (min(named), max(named)) if named else None
    return None


def _columns_centred_under(
    chunk: WordChunk, direct_columns: Span, column_limits: Span, below: Lines, edges: Edges
) -> Span:
    """The most columns within `column_limits` that the chunk is centred over; else those it reaches
    over.
    """
    if not below or direct_columns[0] == 0:
        return direct_columns
    named = {column_of(c.middle, edges): c for line in below for c in line.chunks}
    best = direct_columns
    for first in range(column_limits[0], direct_columns[0] + 1):
        for last in range(max(direct_columns[1], first), column_limits[1] + 1):
            if first not in named or last not in named:
                continue
            left = named[first].x0
            right = named[last].x1
            off = abs((left + right) / 2 - chunk.middle)
            if off < max(_OFF_CENTRE * (right - left), 3) and last - first > best[1] - best[0]:
                best = first, last
    return best


def _index_of_chunk_below(
    chunk: WordChunk, line: LineOfChunks, below: Lines, rules: RuledLines
) -> int | None:
    """The chunk of the line close below with which the head goes on, with no rule between: under
    its end, or under its middle or begin and hardly narrower."""
    if not below or below[0].top - line.bottom > _TIGHT * line.height:
        return None
    low = line.bottom - 0.4 * line.height
    high = below[0].top + 0.5 * below[0].height
    if any(low <= y <= high and x0 <= chunk.middle <= x1 for y, x0, x1 in rules.across):
        return None
    for number, lower in enumerate(below[0].chunks):
        if _are_both_flush_right(chunk, lower):
            return number
        if (
            abs(lower.middle - chunk.middle) < 0.15 * (chunk.x1 - chunk.x0) + 2
            or abs(lower.x0 - chunk.x0) < 2
        ):
            return number if lower.x1 - lower.x0 > _AS_WIDE * (chunk.x1 - chunk.x0) else None
    return None


def _are_both_flush_right(upper: WordChunk, lower: WordChunk) -> bool:
    """Whether both are flush right, neither centred."""
    return abs(lower.x1 - upper.x1) < 1 and abs(lower.x0 - upper.x0) > 2


def column_of(x: float, edges: Edges) -> int:
    """The number of the column, from 0, that `x` lies in."""
    return bisect_right(edges, x)
