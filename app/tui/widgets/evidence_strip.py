"""The whole document in two lines: how well each slice fits the question; below it cites and the
reader's place.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from rich.segment import Segment
from textual import events
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from docqa.app.tui.page.stops import Stop
from docqa.app.tui.stored_turns import ShownTurn
from docqa.ingest.types import Document

_LEVELS = " ▁▂▃▄▅▆▇█"
_CITE = "▲"
_CURRENT = "◆"
_HERE = "│"


@dataclass(frozen=True)
class Slices:
    """`cells` slices of `document`: of its pages where it has some, else of its characters."""

    document: Document
    cells: int

    def cell_of(self, page: int, offset: int) -> int:
        pages = self.document.pages
        text = pages[page - 1].text if 1 <= page <= len(pages) else ""
        inside = min(offset / max(len(text), 1), 0.999_999)
        return min(int((page - 1 + inside) / max(len(pages), 1) * self.cells), self.cells - 1)

    def place_of(self, cell: int) -> tuple[int, int]:
        """(page, offset) where slice `cell` begins."""
        pages = self.document.pages
        position = cell / max(self.cells, 1) * len(pages)
        # A hair more: what begins at a page does not end the one before.
        index = min(int(position + 1e-9), len(pages) - 1)
        return index + 1, int(max(position - index, 0.0) * len(pages[index].text))

    def levels(self, scores: Iterable[tuple[int, int, int, float]]) -> list[int]:
        """0 to 8 for every slice, from (page, start, end, score) of passages; below the median is
        dark.
        """
        listed = list(scores)
        if not listed:
            return [0] * self.cells
        values = [score for *_, score in listed]
        floor = median(values) if len(values) > 8 else min(0.0, min(values))
        top = max(values)
        lit = [0] * self.cells
        for page, start, end, score in listed:
            level = round(8 * (score - floor) / (top - floor)) if top > floor else 8
            for cell in range(
                self.cell_of(page, start), self.cell_of(page, max(end - 1, start)) + 1
            ):
                lit[cell] = max(lit[cell], min(max(level, 0), 8))
        return lit


class EvidenceStrip(Widget):
    """A heat map, one cell a slice: heights are the score, `▲` a cite, `◆` the one followed, `│`
    the top of the page view. A click goes there."""

    COMPONENT_CLASSES = {"evidence-strip--heat", "evidence-strip--cite", "evidence-strip--here"}
    here = reactive((1, 0))
    """(page, offset) where the reader is."""

    def __init__(self) -> None:
        super().__init__(id="strip")
        self.document: Document | None = None  # whose slices they are
        self._scores: list[tuple[int, int, int, float]] = []
        self._stops: list[Stop] = []
        self._current: int | None = None
        self._levels: tuple[int, list[int]] = (0, [])

    def light(self, turn: ShownTurn | None, stops: list[Stop], current: int | None) -> None:
        """Light the slices by the scores of `turn`, or by its evidence alone where nothing more is
        known.
        """
        scores = turn.scores if turn is not None else []
        if not scores:
            scores = [
                (s.page, s.start, s.end, stop.score or 1.0) for stop in stops for s in stop.spans
            ]
        self._scores = scores
        self._stops = stops
        self._current = current
        self._levels = (0, [])
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self.document is None or y > 1:
            return Strip.blank(width, self.rich_style)
        slices = Slices(self.document, width)
        return Strip(self._heat(slices) if y == 0 else self._marks(slices), width)

    async def on_click(self, event: events.Click) -> None:
        if self.document is not None:
            place = Slices(self.document, self.size.width).place_of(event.x)
            await self.run_action(f"screen.call('navigation', 'jump', {place})")

    def _heat(self, slices: Slices) -> list[Segment]:
        if self._levels[0] != slices.cells:
            self._levels = (slices.cells, slices.levels(self._scores))
        text = "".join(_LEVELS[level] for level in self._levels[1])
        return [Segment(text, self.get_component_rich_style("evidence-strip--heat"))]

    def _marks(self, slices: Slices) -> list[Segment]:
        cells = ["─"] * slices.cells
        cells[slices.cell_of(*self.here)] = _HERE
        for number, stop in enumerate(self._stops):
            if stop.spans and (stop.quote is not None or number == self._current):
                span = stop.spans[0]
                cells[slices.cell_of(span.page, span.start)] = (
                    _CURRENT if number == self._current else _CITE
                )
        cite = self.get_component_rich_style("evidence-strip--cite")
        here = self.get_component_rich_style("evidence-strip--here")
        return [Segment(cell, cite if cell in (_CITE, _CURRENT) else here) for cell in cells]
