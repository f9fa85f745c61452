"""Columns: the strip between two sides of running text, and what stands above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.pdf.visibility.objects import Box
from docqa.ingest.structure.clean import split_by

from .tables.placed import Row

_MIN_GUTTER = 4  # points
_MAX_HEAD_SEGMENTS = 40
_MAX_BINS = (
    20_000  # of a point each; no page is wider, but a letter of a broken or hostile file may be
)
# How much the cover of a gutter may vary, for lines that stick out or a figure, and how many lines
# of running text must then stand on each side.
_SLACKS = ((0.02, 4), (0.05, 12))


@dataclass(slots=True)
class WordRun:
    """Words in a row on one height, or a table as one word, of these `rows`. `drawn`: the order of
    drawing.
    """

    words: list[Word]
    x0: float
    top: float
    x1: float
    bottom: float
    rows: tuple[Row, ...] = ()
    drawn: int = 0

    @property
    def box(self) -> Box:
        """Left, top, right and bottom."""
        return self.x0, self.top, self.x1, self.bottom

    @property
    def height(self) -> float:
        """In points."""
        return self.bottom - self.top


def crosses_gutter(segment: WordRun, gutter: float) -> bool:
    """Whether `segment` is on both sides of `gutter`."""
    return segment.x0 < gutter - 8 and segment.x1 > gutter + 8


def are_in_same_row(a: WordRun, b: WordRun) -> bool:
    """Whether two segments are printed on one height."""
    overlap = min(a.bottom, b.bottom) - max(a.top, b.top)
    return overlap > 0.6 * min(a.height, b.height)


def find_gutter(segments: list[WordRun]) -> float | None:
    """The x of a strip that separates two sides of running text, or None."""
    if len(segments) < 8:
        return None
    low = min(s.x0 for s in segments)
    high = max(s.x1 for s in segments)
    bins = int(high - low) + 2
    if not 80 <= bins <= _MAX_BINS:
        return None
    steps = [0.0] * (bins + 1)
    for s in segments:
        steps[int(s.x0 - low)] += s.height
        steps[int(s.x1 - low) + 1] -= s.height
    cover = list(accumulate(steps))
    for slack, lines in _SLACKS:
        strip = _widest_strip(cover, bins, slack)
        if strip is not None and _has_text_on_both_sides(segments, low + strip, low, high, lines):
            return low + strip
    return None


def _widest_strip(cover: Sequence[float], bins: int, slack: float) -> float | None:
    """The middle of the widest strip near the middle of the page with little cover: at most `slack`
    of the fullest place above the least."""
    first = int(bins * 0.28)
    last = int(bins * 0.72)
    tolerance = min(cover[first:last]) + slack * max(cover)
    best = (0, 0)
    start = None
    for x in range(first, last + 1):
        if x < last and cover[x] <= tolerance:
            start = x if start is None else start
        elif start is not None:
            best = max(best, (x - start, start))
            start = None
    return best[1] + best[0] / 2 if best[0] >= _MIN_GUTTER else None


def _has_text_on_both_sides(
    segments: list[WordRun], gutter: float, low: float, high: float, lines: int
) -> bool:
    """Whether so many `lines`, and a quarter of the rows, of each side are running text or
    columns.
    """
    across, rest = split_by(segments, lambda s: crosses_gutter(s, gutter))
    sides = split_by(rest, lambda s: s.x1 <= gutter + 8)
    for side, room in zip(sides, (gutter - low, high - gutter), strict=True):
        running = [s for s in side if s.x1 - s.x0 > 0.55 * room and len(s.words) > 2]
        rows = len({round((s.top + s.bottom) / 8) for s in side})
        if (len(running) < lines or len(running) < 0.25 * rows) and (
            len(side) < 20 or find_gutter(side) is None
        ):
            return False
    total = sum(s.height for s in segments)
    shared = min(max(s.bottom for s in side) for side in sides) - max(
        min(s.top for s in side) for side in sides
    )
    return shared > 0 and sum(s.height for s in across) < 0.7 * total


def split_sides_below_head(
    left: list[WordRun], right: list[WordRun], gutter: float
) -> list[tuple[list[WordRun], list[WordRun]]]:
    """The two sides of a band, cut where a head ends: short lines on both sides, such as authors,
    above a gap across both. Lines at the edge of their column are a heading or a list, no head."""
    both = sorted([*left, *right], key=lambda s: s.top)
    cut = 0
    bottom = both[0].bottom
    for at, segment in enumerate(both[:_MAX_HEAD_SEGMENTS]):
        if segment.top - bottom > 0.8 * segment.height:
            cut = at
        bottom = max(bottom, segment.bottom)
        room = (
            gutter - min(s.x0 for s in left)
            if left and (segment.x0 + segment.x1) / 2 < gutter
            else 0.0
        )
        if room and segment.x1 - segment.x0 > 0.85 * room:  # the first full line of running text
            break
    head = set(map(id, both[:cut]))
    (upper_left, lower_left), (upper_right, lower_right) = (
        split_by(side, lambda s: id(s) in head) for side in (left, right)
    )
    beside = sum(any(are_in_same_row(s, other) for other in upper_right) for s in upper_left)
    if (
        len(upper_right) < 2
        or beside < 0.4 * len(head)
        or _is_flush_with_column(upper_left, lower_left)
        or _is_flush_with_column(upper_right, lower_right)
    ):
        return [(left, right)]
    return [(upper_left, upper_right), (lower_left, lower_right)]


def _is_flush_with_column(head: Sequence[WordRun], below: Sequence[WordRun]) -> bool:
    """Whether half of the segments `head` begin where several `below` them do."""
    flush = sum(sum(abs(s.x0 - other.x0) < 0.2 * s.height for other in below) > 1 for s in head)
    return bool(head) and flush >= 0.5 * len(head)
