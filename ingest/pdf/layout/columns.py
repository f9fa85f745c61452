"""Columns: the strip between two sides of running text, and what stands above it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

from docqa.ingest.pdf.layout.tables.placed import Row
from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.structure.clean import grouped

_BIN = 1.0  # points
_MIN_GUTTER = 4  # bins
_MAX_BINS = 20_000  # no page is wider, but a letter of a broken or hostile file may be
# How much the cover of a gutter may vary, for lines that stick out or a figure, and how many lines of running text
# must then stand on each side.
_SLACKS = ((0.02, 4), (0.05, 12))
_MAX_HEAD_SEGMENTS = 40
_MIN_DENSE = 6  # lines
_MIN_JUSTIFIED = 12  # lines


@dataclass(slots=True)
class Segment:
    """Words that follow each other on one height, or a table as one word: then `rows` are those of the table.
    `drawn`: the order in which segments were drawn."""

    words: list[Word]
    x0: float
    top: float
    x1: float
    bottom: float
    rows: tuple[Row, ...] = ()
    drawn: int = 0


def crosses(segment: Segment, gutter: float) -> bool:
    """Whether `segment` stands on both sides of `gutter`."""
    return segment.x0 < gutter - 8 and segment.x1 > gutter + 8


def same_row(a: Segment, b: Segment) -> bool:
    """Whether two segments are printed on one height."""
    overlap = min(a.bottom, b.bottom) - max(a.top, b.top)
    return overlap > 0.6 * min(a.bottom - a.top, b.bottom - b.top)


def find_gutter(segments: list[Segment]) -> float | None:
    """The x of a strip that separates two sides of running text, or None."""
    if len(segments) < 8:
        return None
    low, high = min(s.x0 for s in segments), max(s.x1 for s in segments)
    bins = int((high - low) / _BIN) + 2
    if not 80 <= bins <= _MAX_BINS:
        return None
    steps = [0.0] * (bins + 1)
    for s in segments:
        steps[int((s.x0 - low) / _BIN)] += s.bottom - s.top
        steps[int((s.x1 - low) / _BIN) + 1] -= s.bottom - s.top
    cover = list(accumulate(steps))
    for slack, lines in _SLACKS:
        strip = _widest_strip(cover, bins, slack)
        if strip is not None:
            gutter = low + strip * _BIN
            if _text_on_both_sides(segments, gutter, low, high, lines):
                return gutter
    return None


def _widest_strip(cover: Sequence[float], bins: int, slack: float) -> float | None:
    """The middle of the widest strip in the middle of the page that is covered little: at most `slack` of the fullest
    place more than the emptiest."""
    first, last = int(bins * 0.28), int(bins * 0.72)
    tolerance = min(cover[first:last]) + slack * max(cover)
    best, start = (0, 0), None
    for x in range(first, last + 1):
        if x < last and cover[x] <= tolerance:
            start = x if start is None else start
        elif start is not None:
            best, start = max(best, (x - start, start)), None
    return best[1] + best[0] / 2 if best[0] >= _MIN_GUTTER else None


def _text_on_both_sides(segments: list[Segment], gutter: float, low: float, high: float, lines: int) -> bool:
    """Whether so many `lines`, and a quarter of the rows, of each side are running text: they fill more than half of
    its width with at least three words. A side that has columns of its own is running text too, and beside
    justified text a list such as a table of contents.
    """
    across = [s for s in segments if crosses(s, gutter)]
    rest = [s for s in segments if not crosses(s, gutter)]
    sides = [s for s in rest if s.x1 <= gutter + 8], [s for s in rest if s.x1 > gutter + 8]
    for number, (side, room) in enumerate(zip(sides, (gutter - low, high - gutter), strict=True)):
        running = [s for s in side if s.x1 - s.x0 > 0.55 * room and len(s.words) > 2]
        rows = len({round((s.top + s.bottom) / 8) for s in side})
        if (len(running) < lines or len(running) < 0.25 * rows) and (len(side) < 20 or find_gutter(side) is None):
            other = sides[1 - number]
            if not (_is_dense(side, other) and _is_justified(other, gutter - low if number else high - gutter)):
                return False
    total = sum(s.bottom - s.top for s in segments)
    shared = min(max(s.bottom for s in side) for side in sides) - max(min(s.top for s in side) for side in sides)
    return shared > 0 and sum(s.bottom - s.top for s in across) < 0.7 * total


def without_head(left: list[Segment], right: list[Segment], gutter: float) -> list[tuple[list[Segment], list[Segment]]]:
    """The two sides of a band, cut where a head ends: blocks of short lines on both sides, such as the authors of a
    paper, above a gap across both. Lines that begin at the edge of their column are no head, but a heading or a list.
    """
    both = sorted([*left, *right], key=lambda s: s.top)
    cut, bottom = 0, both[0].bottom
    for at, segment in enumerate(both[:_MAX_HEAD_SEGMENTS]):
        if segment.top - bottom > 0.8 * (segment.bottom - segment.top):
            cut = at
        bottom = max(bottom, segment.bottom)
        room = gutter - min(s.x0 for s in left) if left and (segment.x0 + segment.x1) / 2 < gutter else 0.0
        if room and segment.x1 - segment.x0 > 0.85 * room:  # the first full line of running text
            break
    head = both[:cut]
    inside = set(map(id, head))
    there = [s for s in right if id(s) in inside]
    beside = sum(any(same_row(s, other) for other in there) for s in left if id(s) in inside)
    if not head or len(there) < 2 or beside < 0.4 * len(head) or _flush(left, inside) or _flush(right, inside):
        return [(left, right)]
    return [
        ([s for s in left if id(s) in inside], [s for s in right if id(s) in inside]),
        ([s for s in left if id(s) not in inside], [s for s in right if id(s) not in inside]),
    ]


def _flush(side: Sequence[Segment], head: set[int]) -> bool:
    """Whether half of the segments `head` (their `id`) of a side begin where several below them do."""
    starts = [s.x0 for s in side if id(s) not in head]
    mine = [s for s in side if id(s) in head]
    flush = sum(sum(abs(s.x0 - x) < 0.2 * (s.bottom - s.top) for x in starts) > 1 for s in mine)
    return bool(mine) and flush >= 0.5 * len(mine)


def _is_dense(side: Sequence[Segment], other: Sequence[Segment]) -> bool:
    """Whether the lines of a side follow each other as closely as those beside them: cells beside long ones do not."""
    steps, usual = _steps(side), _steps(other)
    return len(steps) >= _MIN_DENSE and bool(usual) and median(steps) <= 1.5 * median(usual)


def _steps(side: Sequence[Segment]) -> list[float]:
    """The distances from row to row, in points."""
    return [step for a, b in pairwise(sorted(s.bottom for s in side)) if (step := b - a) > 2]


def _is_justified(side: Sequence[Segment], room: float) -> bool:
    """Whether a side is set text: a dozen long lines of words, without gaps, most of which end at one edge."""
    # A raised letter cuts a line into pieces.
    rows = grouped(
        sorted(side, key=lambda s: s.bottom), lambda row, s: s.bottom < row[-1].bottom + 0.4 * (s.bottom - s.top)
    )
    ends = sorted(max(s.x1 for s in row) for row in rows if _is_prose(row, room))
    flush = max((bisect_right(ends, end + 2) - at for at, end in enumerate(ends)), default=0)
    return len(ends) >= max(_MIN_JUSTIFIED, 0.5 * len(rows)) and flush > 0.6 * len(ends)


def _is_prose(row: list[Segment], room: float) -> bool:
    """Whether the segments of one height are a long line of words, not cells."""
    row = sorted(row, key=lambda s: s.x0)
    if row[-1].x1 - row[0].x0 < 0.75 * room or any(b.x0 - a.x1 > 1.2 * (b.bottom - b.top) for a, b in pairwise(row)):
        return False
    words = [word.text for segment in row for word in segment.words]
    return len(words) > 4 and sum(any(map(str.isalpha, word)) for word in words) > 0.7 * len(words)


def author_blocks(segments: Sequence[Segment], gutter: float) -> list[list[Segment]]:
    """The title and authors on top of a page of two columns as groups that are read one after the other: blocks of
    centred lines side by side, an author with affiliation and address each, one by one. Empty where there are none.
    """
    low, high = min(s.x0 for s in segments), max(s.x1 for s in segments)
    top: list[Segment] = []
    for segment in sorted(segments, key=lambda s: s.top)[:_MAX_HEAD_SEGMENTS]:
        room = gutter - low if segment.x1 < gutter else high - gutter
        if not crosses(segment, gutter) and segment.x1 - segment.x0 > 0.7 * room and len(segment.words) > 5:
            break  # the first full line of running text
        top.append(segment)
    groups: list[list[Segment]] = []
    end = 0
    titled = False
    for band in _bands(top, gutter):
        # Between gaps that run through the whole height of the band.
        blocks = grouped(sorted(band, key=lambda s: s.x0), lambda block, s: s.x0 <= max(b.x1 for b in block) + 1)
        many = len(blocks) > 1 and all(len(block) > 1 for block in blocks)
        if many and titled and _has_words(band) and sum(map(_is_centred, blocks)) > 0.5 * len(blocks):
            groups += blocks
            end = len(groups)
        else:
            titled = titled or any(crosses(s, gutter) for s in band)
            groups.append(band)
    return groups[:end]


def _bands(segments: Sequence[Segment], gutter: float) -> list[list[Segment]]:
    """Segments between gaps that run through the whole width; a title across both columns is one by itself."""

    def goes_on(band: list[Segment], segment: Segment) -> bool:
        bottom = max(s.bottom for s in band)
        title = segment.top > bottom - 1 and all(crosses(s, gutter) for s in band)
        apart = segment.top > bottom + 0.8 * (segment.bottom - segment.top)
        return not apart and not (title and not crosses(segment, gutter))

    return grouped(sorted(segments, key=lambda s: s.top), goes_on)


def _has_words(band: Sequence[Segment]) -> bool:
    """Whether next to none of its words is a number: a table's head may look like authors, its rows do not."""
    words = [word.text for segment in band for word in segment.words]
    return sum(not any(map(str.isalpha, word)) for word in words) < 0.15 * len(words)


def _is_centred(block: Sequence[Segment]) -> bool:
    """Whether lines of different lengths stand around one axis."""
    middles = sorted((s.x0 + s.x1) / 2 for s in block)
    axis = middles[len(middles) // 2]
    lengths = [s.x1 - s.x0 for s in block]
    return max(lengths) - min(lengths) > 5 and sum(abs(m - axis) < 5 for m in middles) >= 0.7 * len(middles)
