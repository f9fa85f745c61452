"""A Document as lines of one width, laid out as they come into view. A page, or a slice of a long
one, is a segment, of estimated height until somebody looks at it, so that any length opens at
once."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from docqa.ingest.types import Document, Page

from .typeset import ScreenLine, table_lines, wrap

SEGMENT_CHARACTERS = 8_000
"""A longer page is laid out in slices cut at line ends."""

_KEPT_SEGMENTS = 256
# What a terminal obeys or gives no cell.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class _Segment:
    page: int
    start: int
    end: int
    first: bool
    last: bool


class PageLines:
    """The lines of `document` at `width` cells. Mutable: heights become exact where `ensure` has
    been.
    """

    def __init__(self, document: Document, width: int) -> None:
        self.document = document
        self.width = max(width, 10)
        self.widest = self.width  # of a table that has been laid out
        self._segments = [segment for page in document.pages for segment in _segments_of_page(page)]
        self._first_of_page = {s.page: i for i, s in reversed(list(enumerate(self._segments)))}
        self._heights = [self._estimate_height(segment) for segment in self._segments]
        self._exact = bytearray(len(self._segments))
        self._rows_of = lru_cache(_KEPT_SEGMENTS)(self._make_rows)
        self._ends = list(accumulate(self._heights))

    @property
    def height(self) -> int:
        """Lines in all; an estimate as long as parts are not laid out."""
        return self._ends[-1] if self._ends else 0

    def ensure(self, top: int, bottom: int, anchor: int) -> int:
        """Lay out the lines `top:bottom`; returns where the line `anchor` is now."""
        if not self._segments:
            return 0
        at = self._segment_index_at(anchor)
        inside = anchor - self._first_line_of_segment(at)
        old = self._heights[at]
        if self._lay_out_segment(at):
            inside = inside * self._heights[at] // max(old, 1)
        for step, missing in (
            (-1, anchor - top - inside),
            (1, bottom - anchor - self._heights[at] + inside),
        ):
            index = at + step
            while missing > 0 and 0 <= index < len(self._segments):
                self._lay_out_segment(index)
                missing -= self._heights[index]
                index += step
        self._ends = list(accumulate(self._heights))
        return self._first_line_of_segment(at) + min(inside, max(self._heights[at] - 1, 0))

    def row(self, y: int) -> ScreenLine | None:
        if not 0 <= y < self.height:
            return None
        at = self._segment_index_at(y)
        rows = self._rows_of(at)
        inside = y - self._first_line_of_segment(at)
        return rows[inside] if inside < len(rows) else None

    def place(self, y: int) -> tuple[int, int]:
        """(page, offset) of the first character at or above line `y`."""
        if not self._segments:
            return 1, 0
        at = self._segment_index_at(max(0, min(y, self.height - 1)))
        rows = self._rows_of(at)
        row = rows[min(max(y - self._first_line_of_segment(at), 0), len(rows) - 1)]
        return row.page, row.start

    def share(self, page: int, offset: int) -> float:
        """How far down (0 to 1) character `offset` of `page` is, without laying out its segment."""
        at = self._segment_of(page, offset)
        segment = self._segments[at]
        inside = (offset - segment.start) / max(segment.end - segment.start, 1)
        return (self._first_line_of_segment(at) + inside * self._heights[at]) / self.height

    def line_of(self, page: int, offset: int) -> int:
        """The line that shows character `offset` of `page`; lays out its segment."""
        if page not in self._first_of_page:
            return 0
        at = self._segment_of(page, offset)
        if self._lay_out_segment(at):
            self._ends = list(accumulate(self._heights))
        rows = enumerate(self._rows_of(at))
        shown = (
            number
            for number, row in rows
            if row.kind not in ("head", "blank") and row.shows(offset)
        )
        return self._first_line_of_segment(at) + max(shown, default=0)

    def head_of(self, page: int) -> int:
        at = self._first_of_page.get(page)
        return 0 if at is None else self._first_line_of_segment(at)

    def character(self, y: int, inside: int) -> tuple[int, int]:
        """(page, offset) of a character of line `y`, at most its end."""
        row = self.row(max(0, min(y, self.height - 1)))
        return (1, 0) if not row else (row.page, row.offset_at(max(inside, 0)))

    def _segment_of(self, page: int, offset: int) -> int:
        """The index of the segment with character `offset` of `page`."""
        first = self._first_of_page[page]
        key = (page, max(offset, 0))
        return bisect_right(self._segments, key, first, key=lambda s: (s.page, s.start)) - 1

    def _segment_index_at(self, y: int) -> int:
        return min(bisect_right(self._ends, max(y, 0)), len(self._segments) - 1)

    def _first_line_of_segment(self, at: int) -> int:
        return self._ends[at - 1] if at else 0

    def _lay_out_segment(self, at: int) -> bool:
        if self._exact[at]:
            return False
        self._exact[at] = 1
        before, self._heights[at] = self._heights[at], len(self._rows_of(at))
        return before != self._heights[at]

    def _estimate_height(self, segment: _Segment) -> int:
        text = self.document.pages[segment.page - 1].text
        lines = text.count("\n", segment.start, segment.end)
        full = (segment.end - segment.start) // self.width
        frame = segment.first + segment.last if self.document.paged else 0
        return max(1, lines + full + frame)

    def _make_rows(self, at: int) -> list[ScreenLine]:
        segment = self._segments[at]
        page = segment.page
        base = segment.start
        shown = self.document.pages[segment.page - 1]
        text = displayed(shown.text[base : segment.end])
        rows: list[ScreenLine] = []
        if segment.first and self.document.paged:
            rows.append(ScreenLine(page, 0, 0, "head"))
        tables = {table.start - base: table for table in shown.tables if table.end <= segment.end}
        position = 0
        while position < len(text):
            table = tables.get(position)
            laid_out = table_lines(shown, table, self.width) if table else []
            stop = table.end - base if table and laid_out else text.find("\n", position)
            stop = len(text) if stop < 0 else stop
            self.widest = max([self.widest, *(row.width for row in laid_out)])
            rows += laid_out or [
                ScreenLine(page, base + start, base + end, "text")
                for start, end in wrap(text, position, stop, self.width)
            ]
            position = stop + 1
        if (segment.last and self.document.paged) or not rows:
            rows.append(ScreenLine(page, segment.end, segment.end, "blank"))
        return rows


def displayed(text: str) -> str:
    """`text` as a terminal may have it; one character for one, so that offsets stay those of the
    page.
    """
    return _CONTROL.sub(" ", text)


def _segments_of_page(page: Page) -> list[_Segment]:
    text = page.text
    cuts = [0]
    while len(text) - cuts[-1] > SEGMENT_CHARACTERS:
        cut = cuts[-1] + SEGMENT_CHARACTERS
        found = text.find("\n", cut, cut + SEGMENT_CHARACTERS)
        cuts.append(found + 1 if found >= 0 else cut)
    pairs = list(pairwise([*cuts, len(text)]))
    return [
        _Segment(page.page, a, b, number == 0, number == len(pairs) - 1)
        for number, (a, b) in enumerate(pairs)
        if b > a or number == 0
    ]
