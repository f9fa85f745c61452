"""The text of a document as a scrolling view that opens a document of any length at once."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment, Segments
from rich.style import Style
from textual import events
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBarRender
from textual.selection import Selection
from textual.strip import Strip

from docqa.app.output.render import page_text
from docqa.ingest.types import Document, Page

from .lines import PageLines, displayed
from .links import Link, Links
from .spans import PageSpan, spans_between
from .stops import text_to_copy
from .typeset import LinePart, ScreenLine

_GUTTER = 2
_KEPT_STRIPS = 2_000
_AFTER_CELL = 20  # cells shown of a wide table from where one goes to
_MARKS = {
    "chosen": "→ ",
    "current-hit": "▶ ",
    "cite": "▌ ",
    "target": "→ ",
    "hit": "· ",
    "passage": "┃ ",
    "quote": "│ ",
    "note": "✎ ",
    "highlight": "▒ ",
    "hidden": "  ",
    "heading": "  ",
}
"""Beside the lines of each kind of mark, the strongest first."""
_STYLED = (*_MARKS, "head", "link", "selection")
_LINK = "docqa-link"  # where a link begins
_ON_BAR = "━"  # a hit on the scroll bar
_UNDERLINED = Style(underline=True)


@dataclass(frozen=True)
class Highlight(PageSpan):
    """Characters `start:end` of `page`. `kind`: cite (followed), passage (looked at, and followed),
    quote, hit, current-hit, chosen (the reference at the keys), target (where it led), highlight,
    or note: one with a note."""

    kind: str


def highlights(spans: Sequence[PageSpan], kind: str) -> list[Highlight]:
    return [Highlight(span.page, span.start, span.end, kind) for span in spans]


class TextPane(ScrollView):
    """Line API: only the lines on screen are made. `show` gives it a document, `go` moves, `mark`
    highlights.
    """

    COMPONENT_CLASSES = {f"text-pane--{name}" for name in _STYLED}

    class Moved(Message):
        """Another line is at the top."""

    @dataclass
    class Chosen(Message):
        """Words were selected, or a `link` was clicked, or the highlighted character at `place`
        (page, offset).
        """

        link: Link | None = None
        place: tuple[int, int] | None = None

    def __init__(self) -> None:
        super().__init__(id="page")
        self._lines: PageLines | None = None
        self.links: Links | None = None
        self._marks: dict[int, list[Highlight]] = {}
        self._own_marks: dict[int, list[Highlight]] = {}
        self.selected: list[PageSpan] = []  # one for each page
        self._strips: dict[ScreenLine, Strip] = {}
        self._plain: Style | None = None
        self._settling = False
        self._pending: tuple[int, int, int | None] | None = None

    @property
    def place(self) -> tuple[int, int]:
        """(page, offset) of the line at the top."""
        if self._pending:
            return self._pending[:2]
        return (1, 0) if not self._lines else self._lines.place(round(self.scroll_y))

    def show(self, document: Document, place: tuple[int, int] = (1, 0)) -> None:
        """`place` (page, offset) comes to the top."""
        self._lines = PageLines(document, self._text_width)
        self.links = Links(document)
        self._marks = {}
        self._strips = {}
        self.go(*place, above=0)

    def go(self, page: int, offset: int, *, above: int | None = None) -> None:
        """Bring character `offset` of `page` into view, `above` lines below the top (a third of the
        view).
        """
        if not self._lines or not self.size.height:
            self._pending = (page, offset, above)
            return
        self._pending = None
        line = self._lines.head_of(page) if offset == 0 else self._lines.line_of(page, offset)
        line = self._lines.ensure(line - 2 * self.size.height, line + 3 * self.size.height, line)
        self._resize_virtual()
        ahead = self.size.height // 3 if above is None else above
        self._scroll_to_line(line - (ahead if offset else 0))
        row = self._lines.row(line)
        column = row.inside(offset) if row and offset else 0
        self.scroll_to(max(column - self._text_width + _AFTER_CELL, 0), animate=False)
        self._lay_out_near_lines()
        self.refresh()

    def reveal(self, spans: Sequence[PageSpan]) -> None:
        """Nothing moves where it is in view already."""
        if spans and not self.in_view(spans[0]):
            self.go(spans[0].page, spans[0].start or 1)

    def in_view(self, span: PageSpan) -> bool:
        if not self._lines or not self.size.height:
            return False
        line = self._lines.line_of(span.page, span.start)
        last = self._lines.line_of(span.page, max(span.end - 1, span.start))
        return self.scroll_y <= line and last < self.scroll_y + self.size.height

    def mark(self, marks: list[Highlight], *, own: bool = False) -> None:
        """Show `marks` in the place of those before: what is found or, `own` and below it, what the
        reader made.
        """
        by_page = self._own_marks if own else self._marks
        by_page.clear()
        for mark in marks:
            by_page.setdefault(mark.page, []).append(mark)
        if self._lines and not own:
            hits = [mark for mark in marks if mark.kind in ("hit", "current-hit")]
            shares = {self._lines.share(*hit.place) for hit in hits}
            bar = self.vertical_scrollbar
            bar.renderer = partial(_MarkedBar, shares)  # type: ignore[assignment, misc]
            bar.refresh()
        self._strips = {}
        self.refresh()

    def select(self, first: PageSpan, last: PageSpan) -> None:
        self.reveal((last,))
        selection = Selection(*self._edges(first, last))
        self.selected = self._spans_of(selection)  # at once: the screen says so later
        self.screen.selections = {self: selection}

    def unselect(self) -> None:
        self.selected = []
        self.screen.selections = {}

    def on_resize(self, event: events.Resize) -> None:
        if not self._lines or not self.size.height:
            return
        place = self.place
        if self._lines.width != max(self._text_width, 10):
            self._lines = PageLines(self._lines.document, self._text_width)
            self.screen.selections = {}  # its lines are others now
            self._pending = self._pending or (*place, 0)
        if self._pending:
            page, offset, above = self._pending
            self.go(page, offset, above=above)
        else:
            self._lay_out_near_lines()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._lay_out_near_lines()

    def on_click(self, event: events.Click) -> None:
        """A click on a link is posted with it; the end of a selection is no click."""
        place = event.style.meta.get(_LINK) if self.text_selection is None else None
        link = self.links.at(*place) if place is not None and self.links else None
        if link:
            self.post_message(self.Chosen(link))
        elif self.text_selection is None and self._lines:
            column = round(self.scroll_x) + event.x - _GUTTER
            page, offset = self._lines.character(round(self.scroll_y) + event.y, column)
            if any(mark.start <= offset < mark.end for mark in self._own_marks.get(page, ())):
                self.post_message(self.Chosen(place=(page, offset)))

    def selection_updated(self, selection: Selection | None) -> None:
        super().selection_updated(selection)
        self.selected = [] if selection is None or not self._lines else self._spans_of(selection)
        if self.selected:
            self.post_message(self.Chosen())

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the mouse has selected, cut from the pages, with its cite; None where that is no
        text.
        """
        if not self._lines:
            return None
        copied = text_to_copy(self._lines.document, self._spans_of(selection))
        return (copied, "\n") if copied else None

    def text_select_all(self) -> None:
        """Nothing, on a second click: a whole document is no selection."""

    def render_line(self, y: int) -> Strip:
        line = y + round(self.scroll_y)
        strip = self._strip(line)
        selection = self.text_selection
        span = selection.get_span(line) if selection else None
        if span is not None:
            strip = _strip_with_selection(
                strip, *span, self._style("selection") + Style(reverse=False)
            )
        left = round(self.scroll_x)
        return strip.crop(left, left + self.size.width).apply_offsets(left, line)

    def _strip(self, line: int) -> Strip:
        width = max(self.virtual_size.width, self.size.width)
        # Before the view has its width nothing is drawn.
        row = None if not self._lines or self._pending else self._lines.row(line)
        if row is None:
            return Strip.blank(width, self._plain_style)
        strip = self._strips.get(row)
        if strip is None or strip.cell_length != width:
            page = self._lines.document.pages[row.page - 1]  # type: ignore[union-attr]
            plain = self._plain_style
            segments = (
                self._head_segments(page)
                if row.kind == "head"
                else self._text_segments(page, row, plain)
            )
            if len(self._strips) >= _KEPT_STRIPS:
                self._strips.clear()
            strip = self._strips[row] = Strip(segments).adjust_cell_length(width, plain)
        return strip

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
        self._plain = None

    @property
    def _plain_style(self) -> Style:
        """To find it out costs as much as a line of text."""
        if self._plain is None:
            self._plain = self.rich_style
        return self._plain

    @property
    def _text_width(self) -> int:
        # The scroll bar is there: lines must not wrap anew when it appears.
        return max(
            self.container_size.width - _GUTTER - self.styles.scrollbar_size_vertical - 1, 10
        )

    def _spans_of(self, selection: Selection) -> list[PageSpan]:
        assert self._lines
        top = round(self.scroll_y)
        start = selection.start or Offset(0, top)
        end = selection.end or Offset(self.size.width, top + self.size.height - 1)
        first, last = (self._lines.character(at.y, at.x - _GUTTER) for at in (start, end))
        return spans_between(self._lines.document, first, last)

    def _keep_selection(self) -> None:
        now = self.text_selection
        if not self.selected or now is None or now.start is None or now.end is None:
            return
        start, end = self._edges(self.selected[0], self.selected[-1])
        if (start.y, end.y) != (now.start.y, now.end.y):
            self.screen.selections = {**self.screen.selections, self: Selection(start, end)}

    def _edges(self, first: PageSpan, last: PageSpan) -> tuple[Offset, Offset]:
        return self._offset_of(*first.place), self._offset_of(last.page, last.end - 1) + Offset(
            1, 0
        )

    def _offset_of(self, page: int, offset: int) -> Offset:
        """A character of `page` as selections count: its line, and the characters before it
        there.
        """
        assert self._lines
        line = self._lines.line_of(page, offset)
        row = self._lines.row(line)
        return Offset(_GUTTER + (row.inside(offset) if row is not None else 0), line)

    def _lay_out_near_lines(self) -> None:
        """Lay out what is near, and stay on the same text when that changes the lines above it."""
        if self._settling or not self._lines or not self.size.height:
            return
        self._settling = True
        try:
            top = round(self.scroll_y)
            height = self.size.height
            moved = self._lines.ensure(top - 2 * height, top + 3 * height, top)
            self._resize_virtual()
            if moved != top:
                self._scroll_to_line(moved)
            self._keep_selection()
        finally:
            self._settling = False
        self.post_message(self.Moved())

    def _scroll_to_line(self, line: int) -> None:
        self.scroll_target_y = self.scroll_y = max(0, min(line, self.max_scroll_y))

    def _resize_virtual(self) -> None:
        assert self._lines
        size = Size(self._lines.widest + _GUTTER, self._lines.height)
        if size != self.virtual_size:
            self.virtual_size = size

    def _head_segments(self, page: Page) -> list[Segment]:
        notes = {
            "C": "reading order uncertain",
            "D": "recognised text uncertain",
            "F": "no text on this page",
        }
        note = f" · {notes[page.grade]}" if page.grade in notes else ""
        text = f"── p. {page_text(page.page, page.label)}{note} "
        return [
            Segment(
                text + "─" * max(self._text_width + _GUTTER - len(text), 0), self._style("head")
            )
        ]

    def _text_segments(self, page: Page, row: ScreenLine, plain: Style) -> list[Segment]:
        near = [
            *self._marks.get(row.page, ()),
            *self._own_marks.get(row.page, ()),
            *_marks_of_blocks(page, row),
        ]
        marks = [
            mark
            for mark in near
            if mark.start < max(row.end, row.start + 1) and mark.end > row.start
        ]
        marks.sort(key=lambda mark: _STYLED.index(mark.kind))
        segments = [Segment(_MARKS[marks[0].kind] if marks else "  ", plain)]
        links = self.links.within(row.page, row.start, row.end) if self.links else []
        usual = "heading" if row.kind == "heads" else ""
        for first, last, pad in row.parts or (LinePart(row.start, row.end, 0),):
            segments.append(Segment(" " * pad, plain))
            edges = {
                min(max(edge, first), last)
                for part in (*marks, *links)
                for edge in (part.start, part.end)
            }
            for start, end in pairwise(sorted({first, last} | edges)):
                inside = [mark.kind for mark in marks if mark.start < end and mark.end > start] or [
                    usual
                ]
                kind = inside[0]
                link = next((link for link in links if link.start < end and link.end > start), None)
                style = self._style(kind) if kind else plain
                style += (
                    _UNDERLINED if kind == "cite" and "quote" in inside else Style()
                )  # the very words
                if link:
                    style += (_UNDERLINED if kind else self._style("link")) + Style.from_meta(
                        {_LINK: link.place}
                    )
                segments.append(Segment(displayed(page.text[start:end]).replace("\n", " "), style))
        return segments

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"text-pane--{name}")


class _MarkedBar(ScrollBarRender):
    """A scroll bar with a mark at each of the `shares` (0 to 1) of its height."""

    def __init__(self, shares: set[float], **bar: Any) -> None:
        super().__init__(**bar)
        self._shares = shares

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for bar in super().__rich_console__(console, options):
            assert isinstance(bar, Segments)
            for at in {int(share * len(bar.segments)) for share in self._shares}:
                bar.segments[at] = Segment(_ON_BAR * self.thickness, bar.segments[at].style)
            yield bar


def _strip_with_selection(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """`strip` with its characters `start:end` in `style`, without the gutter; -1 is the end of the
    line.
    """
    text = strip.text
    cells = [
        cell_len(text[:at]) for at in (max(start, _GUTTER), len(text.rstrip()) if end < 0 else end)
    ]
    before = strip.crop(0, cells[0])
    inside = strip.crop(*cells)
    after = strip.crop(cells[1])
    marked = Strip(
        [Segment(part.text, (part.style or Style()) + style) for part in inside], inside.cell_length
    )
    return Strip.join([before, marked, after]) if cells[0] < cells[1] else strip


def _marks_of_blocks(page: Page, row: ScreenLine) -> list[Highlight]:
    marks: list[Highlight] = []
    number = bisect_left(page.blocks, row.end, key=lambda block: block.start) - 1
    while number >= 0 and page.blocks[number].end > row.start:
        block = page.blocks[number]
        if block.kind in ("heading", "hidden"):
            marks.append(Highlight(page.page, block.start, block.end, block.kind))
        number -= 1
    return marks
