"""The panes of an open document and the lines around them: what stands where, and what they say. No behaviour.

title                                    context gauge
[tabs, where the screen is narrow]
outline or the page's picture | text | answers
evidence strip
status
the line for questions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from docqa.app.output.render import printable
from docqa.app.tui.page.picture import PagePicture, Pictures
from docqa.app.tui.page.view import PageView, section_label
from docqa.app.tui.widgets import gauges
from docqa.app.tui.widgets.answers import AnswersPane
from docqa.app.tui.widgets.evidence_strip import EvidenceStrip
from docqa.app.tui.widgets.line_bar import LineBar
from docqa.app.tui.widgets.outline import OutlineTree
from docqa.app.tui.widgets.tabs import PaneTabs

if TYPE_CHECKING:
    from docqa.ingest.types import Document

_WIDE = 100  # columns from which on all panes stand beside one another


class DocumentPanes(Screen[None]):
    """The widgets of a document at `path`. `pictures` is None where the terminal shows none."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]

    def __init__(self, path: str, pictures: Pictures | None) -> None:
        super().__init__()
        self.document: Document | None = None
        self._path = path
        self._pictures = pictures
        self._doing = ""
        self._sizes: gauges.Sizes | None = None
        self._tokens_done = 0

    def compose(self) -> Iterator[Widget]:
        with Horizontal(id="head"):
            yield Static(printable(self._path), id="title", markup=False)
            yield Static("", id="gauge", markup=False)
        yield PaneTabs(id="tabs")
        with Horizontal(id="panes"):
            yield OutlineTree(id="outline")
            yield PagePicture(self._pictures, id="picture")
            yield PageView(id="page")
            yield AnswersPane(id="answers")
        yield Static(f"opening {printable(self._path)} …", id="problem", markup=False)
        yield EvidenceStrip(id="strip")
        yield Static("", id="status", markup=False)
        yield LineBar(id="bar")
        yield Footer(compact=True, show_command_palette=False)

    # The parts

    @property
    def page(self) -> PageView:
        return self.query_one("#page", PageView)

    @property
    def answers(self) -> AnswersPane:
        return self.query_one("#answers", AnswersPane)

    @property
    def picture(self) -> PagePicture:
        return self.query_one("#picture", PagePicture)

    @property
    def strip(self) -> EvidenceStrip:
        return self.query_one("#strip", EvidenceStrip)

    @property
    def bar(self) -> LineBar:
        return self.query_one("#bar", LineBar)

    # What they say

    def _show_pane(self, pane: str) -> None:
        """Which pane a narrow screen shows; a wide one shows all."""
        for name in ("outline", "page", "answers"):
            self.set_class(name == pane, f"show-{name}")
        if self.has_class("-narrow"):
            self.remove_class("with-picture")
        self.query_one("#tabs", PaneTabs).show(pane)

    def _focus_shown(self) -> None:
        shown = next((name for name in ("outline", "answers") if self.has_class(f"show-{name}")), "page")
        self.set_focus(self.query_one(f"#{shown}"))

    def _gauge(self) -> None:
        """How full the context is, in the corner of the title."""
        if self._sizes is not None:
            compact = self.app.size.width < _WIDE
            self.query_one("#gauge", Static).update(
                gauges.context_gauge(self._sizes, self._tokens_done, compact=compact)
            )

    def _status(self, doing: str | None = None) -> None:
        """The line that says where the reader is and, when told, what goes on."""
        if doing is not None:
            self._doing = doing
        if self.document is None:
            return
        where = section_label(self.document, *self.page.place)
        page = where.split(" · ")[0]
        if page and self._doing.endswith(page):  # a cite on the page that is shown
            where = where.removeprefix(page).removeprefix(" · ")
        self.query_one("#status", Static).update(Content(" · ".join(part for part in (self._doing, where) if part)))

    def _tell(self, message: str, severity: str = "information") -> None:
        self.notify(printable(message), severity=severity, markup=False)  # type: ignore[arg-type]
