"""The whole document in two lines: how well each slice fits the question, and below it cites and the reader's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from docqa.app.tui.page.slices import LEVELS, Slices
from docqa.app.tui.page.view import PlaceChosen

if TYPE_CHECKING:
    from textual import events

    from docqa.app.tui.kept_turns import Turn
    from docqa.app.tui.page.stops import Stop
    from docqa.ingest.types import Document

_CITE, _CURRENT, _HERE = "▲", "◆", "│"


class EvidenceStrip(Widget):
    """A heat map one cell a slice; heights tell the score without colour, `▲` a cite, `◆` the one followed, `│` the
    line at the top of the page view. A click goes there.
    """

    COMPONENT_CLASSES = {"evidence-strip--heat", "evidence-strip--cite", "evidence-strip--here"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._document: Document | None = None
        self._scores: list[tuple[int, int, int, float]] = []
        self._stops: list[Stop] = []
        self._current: int | None = None
        self._here = (1, 0)
        self._levels: tuple[int, list[int]] = (0, [])

    def show(self, document: Document) -> None:
        """Take the slices from `document`."""
        self._document = document
        self.light(None, [], None)

    def light(self, turn: Turn | None, stops: list[Stop], current: int | None) -> None:
        """Light the slices by the scores of `turn`, or by its evidence alone where nothing more is known."""
        scores = turn.scores if turn is not None else []
        if not scores:
            scores = [(s.page, s.start, s.end, stop.score or 1.0) for stop in stops for s in stop.spans]
        self._scores, self._stops, self._current = scores, stops, current
        self._levels = (0, [])
        self.refresh()

    def follow(self, page: int, offset: int) -> None:
        """Show where the reader is."""
        if (page, offset) != self._here:
            self._here = (page, offset)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The heat (0) or what is marked below it (1)."""
        width = self.size.width
        if self._document is None or y > 1:
            return Strip.blank(width, self.rich_style)
        slices = Slices(self._document, width)
        segments = self._heat(slices) if y == 0 else self._marks(slices)
        return Strip(segments, width)

    def on_click(self, event: events.Click) -> None:
        if self._document is not None:
            self.post_message(PlaceChosen(*Slices(self._document, self.size.width).place_of(event.x)))

    def _heat(self, slices: Slices) -> list[Segment]:
        if self._levels[0] != slices.cells:
            self._levels = (slices.cells, slices.levels(self._scores))
        text = "".join(LEVELS[level] for level in self._levels[1])
        return [Segment(text, self.get_component_rich_style("evidence-strip--heat"))]

    def _marks(self, slices: Slices) -> list[Segment]:
        cells = ["─"] * slices.cells
        cells[slices.cell_of(*self._here)] = _HERE
        for number, stop in enumerate(self._stops):
            if stop.spans and (stop.quote is not None or number == self._current):
                span = stop.spans[0]
                cells[slices.cell_of(span.page, span.start)] = _CURRENT if number == self._current else _CITE
        cite = self.get_component_rich_style("evidence-strip--cite")
        here = self.get_component_rich_style("evidence-strip--here")
        return [Segment(cell, cite if cell in (_CITE, _CURRENT) else here) for cell in cells]
