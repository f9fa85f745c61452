"""The text of a document as a scrolling view that opens a document of any length at once."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from docqa.app.render import page_text, printable
from docqa.app.tui import keymap
from docqa.app.tui.page_lines import PageLines, Row, displayed

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events

    from docqa.app.tui.stops import PageSpan
    from docqa.ingest.types import Document, Page

_GUTTER = 2
_KEPT_STRIPS = 2_000
_MARKS = {"cite": "▌ ", "quote": "│ ", "hit": "· "}
_STRONGEST = ("cite", "hit", "quote", "hidden", "heading")


@dataclass(frozen=True)
class Mark:
    """Characters `start:end` of `page` that stand out: `kind` is cite (the followed one), quote or hit."""

    page: int
    start: int
    end: int
    kind: str


class PageView(ScrollView):
    """Line API: only the lines on screen are made. `show` gives it a document, `go` moves, `mark` highlights."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.PAGE)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"page-view--{name}" for name in ("cite", "quote", "hit", "head", "heading", "hidden")
    }

    class Moved(Message):
        """Another line is at the top."""

        def __init__(self, page: int, offset: int) -> None:
            super().__init__()
            self.page = page
            self.offset = offset

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: PageLines | None = None
        self._marks: dict[int, list[Mark]] = {}
        self._strips: dict[Row, Strip] = {}
        self._plain: Style | None = None
        self._settling = False
        self._wanted: tuple[int, int, int | None] | None = None

    # What others ask of it

    @property
    def place(self) -> tuple[int, int]:
        """(page, offset) of the line at the top."""
        if self._wanted is not None:
            return self._wanted[:2]
        return (1, 0) if self._lines is None else self._lines.place(round(self.scroll_y))

    def show(self, document: Document, place: tuple[int, int] = (1, 0)) -> None:
        """Show `document`, with `place` (page, offset) at the top."""
        self._lines = PageLines(document, self._text_width)
        self._marks = {}
        self._strips = {}
        self.go(*place, above=0)

    def go(self, page: int, offset: int, *, above: int | None = None) -> None:
        """Bring character `offset` of `page` into view, `above` lines below the top (a third of the view)."""
        if self._lines is None or not self.size.height:
            self._wanted = (page, offset, above)
            return
        self._wanted = None
        line = self._lines.head_of(page) if offset == 0 else self._lines.line_of(page, offset)
        line = self._lines.ensure(line - 2 * self.size.height, line + 3 * self.size.height, line)
        self._resize_virtual()
        ahead = self.size.height // 3 if above is None else above
        self._scroll(line - (ahead if offset else 0))
        self._settle()
        self.refresh()

    def reveal(self, spans: tuple[PageSpan, ...]) -> None:
        """Bring the first of `spans` into view; nothing moves where it stands in view already."""
        if not spans:
            return
        first = spans[0]
        if self._lines is not None and self.size.height:
            line = self._lines.line_of(first.page, first.start)
            last = self._lines.line_of(first.page, max(first.end - 1, first.start))
            if self.scroll_y <= line and last < self.scroll_y + self.size.height:
                return
        self.go(first.page, first.start or 1)

    def mark(self, marks: list[Mark]) -> None:
        """Highlight `marks`, and nothing else."""
        self._marks = {}
        for mark in marks:
            self._marks.setdefault(mark.page, []).append(mark)
        self._strips = {}
        self.refresh()

    # Textual

    def on_resize(self, event: events.Resize) -> None:
        """Keep the text that was at the top, whatever the width makes of its lines."""
        if self._lines is None or not self.size.height:
            return
        place = self.place
        if self._lines.width != max(self._text_width, 10):
            self._lines = PageLines(self._lines.document, self._text_width)
            self._wanted = self._wanted or (*place, 0)
        if self._wanted is not None:
            page, offset, above = self._wanted
            self.go(page, offset, above=above)
        else:
            self._settle()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._settle()

    def render_line(self, y: int) -> Strip:
        """The line `y` of the view, cut to its width."""
        width = self.size.width
        row = None if self._lines is None else self._lines.row(y + round(self.scroll_y))
        if row is None:
            return Strip.blank(width, self._plain_style)
        strip = self._strips.get(row)
        if strip is None or strip.cell_length != width:
            page = self._lines.document.pages[row.page - 1]  # type: ignore[union-attr]
            plain = self._plain_style
            segments = self._head(page) if row.kind == "head" else self._text(page, row, plain)
            if len(self._strips) >= _KEPT_STRIPS:
                self._strips.clear()
            strip = self._strips[row] = Strip(segments).adjust_cell_length(width, plain)
        return strip

    def notify_style_update(self) -> None:
        """Another theme, or the focus: lines are made anew."""
        super().notify_style_update()
        self._strips.clear()
        self._plain = None

    # Parts

    @property
    def _plain_style(self) -> Style:
        """The style of plain text; to find it out costs as much as a line of text."""
        if self._plain is None:
            self._plain = self.rich_style
        return self._plain

    @property
    def _text_width(self) -> int:
        # The scroll bar is there from the start: lines must not wrap anew when it appears.
        return max(self.container_size.width - _GUTTER - self.styles.scrollbar_size_vertical - 1, 10)

    def _settle(self) -> None:
        """Lay out what is near, and stay on the same text when that changes how many lines stand above it."""
        if self._settling or self._lines is None or not self.size.height:
            return
        self._settling = True
        try:
            top, height = round(self.scroll_y), self.size.height
            moved = self._lines.ensure(top - 2 * height, top + 3 * height, top)
            self._resize_virtual()
            if moved != top:
                self._scroll(moved)
        finally:
            self._settling = False
        self.post_message(self.Moved(*self._lines.place(round(self.scroll_y))))

    def _scroll(self, line: int) -> None:
        self.scroll_target_y = self.scroll_y = max(0, min(line, self.max_scroll_y))

    def _resize_virtual(self) -> None:
        assert self._lines is not None
        size = Size(self.size.width, self._lines.height)
        if size != self.virtual_size:
            self.virtual_size = size

    def _head(self, page: Page) -> list[Segment]:
        style = self._style("head")
        notes = {"C": "reading order doubtful", "D": "recognised with doubt", "F": "no text on this page"}
        note = f" · {notes[page.grade]}" if page.grade in notes else ""
        text = f"── p. {page_text(page.page, page.label)}{note} "
        return [Segment(text + "─" * max(self._text_width + _GUTTER - len(text), 0), style)]

    def _text(self, page: Page, row: Row, plain: Style) -> list[Segment]:
        marks = [*self._marks.get(row.page, ()), *_block_marks(page, row)]
        marks = [mark for mark in marks if mark.start < max(row.end, row.start + 1) and mark.end > row.start]
        strongest = min((_STRONGEST.index(mark.kind) for mark in marks), default=len(_STRONGEST))
        gutter = _MARKS.get(_STRONGEST[strongest], "  ") if strongest < len(_STRONGEST) else "  "
        segments = [Segment(gutter, plain)]
        edges = {row.start, row.end}
        edges |= {min(max(edge, row.start), row.end) for mark in marks for edge in (mark.start, mark.end)}
        cuts = sorted(edges)
        for start, end in zip(cuts, cuts[1:]):
            kinds = {mark.kind for mark in marks if mark.start < end and mark.end > start}
            kind = next((name for name in _STRONGEST if name in kinds), "")
            text = displayed(page.text[start:end])
            segments.append(Segment(text, self._style(kind) if kind else plain))
        return segments

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"page-view--{name}")


def _block_marks(page: Page, row: Row) -> list[Mark]:
    found: list[Mark] = []
    at = bisect_left(page.blocks, row.end, key=lambda block: block.start)
    while at > 0 and page.blocks[at - 1].end > row.start:
        at -= 1
        block = page.blocks[at]
        if block.kind in ("heading", "hidden"):
            found.append(Mark(page.page, block.start, block.end, block.kind))
    return found


def section_label(document: Document, page: int, offset: int) -> str:
    """Where a place is, in words: `p. xii (PDF 14) · 4.2 Payment`."""
    section = document.section_of(page, offset)
    where = [f"p. {page_text(page, document.pages[page - 1].label)}"] if document.paged else []
    if section is not None:
        where.append(printable(" ".join(part for part in (section.number, section.title) if part)))
    return " · ".join(where)
