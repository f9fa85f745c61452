"""The panes of an open document and the lines around them: how they are laid out and what they say.

title                       how much of it is read
[tabs, where the screen is narrow]
outline or the page's image | text | answers
status: what goes on, and where the reader is
the prompt
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Literal

from rich.cells import cell_len
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from docqa.app.answer.events import ReadProgress
from docqa.app.output.progress import filled_bar
from docqa.app.output.render import printable
from docqa.app.tui.bridge import without_flags
from docqa.app.tui.library.recents import count_text
from docqa.app.tui.page.image import ImagePane, PageImages
from docqa.app.tui.page.spans import PageSpan, location
from docqa.app.tui.page.view import TextPane
from docqa.app.tui.settings import key
from docqa.app.tui.widgets.answers import AnswersPane
from docqa.app.tui.widgets.outline import OutlineTree
from docqa.app.tui.widgets.prompt import Prompt, press
from docqa.ingest.types import Document

from .prompt_screen import WIDE

BROAD = 150  # columns for the answers next to image and text
# cells: its padding and " · "; of what goes on
_AROUND_STATUS = 5
_LEAST_DOING = 12
# pane: (name of the action that shows it, how the line calls it)
_PANES = {
    "outline": ("outline", "Outline"),
    "page": ("text", "Text"),
    "answers": ("answers", "Answers"),
}


class Panes(Vertical):
    """The widgets of a document; `document` is None until `show`. `images` is None where the
    terminal shows none.
    """

    def __init__(self, path: str, images: PageImages | None, prompt: Prompt) -> None:
        super().__init__(classes="opening")
        self.document: Document | None = None
        self.documents: Sequence[Document] = ()  # all that are asked
        self.progress: ReadProgress | None = None
        self.switched: Callable[[], None] = lambda: None
        self.outline = OutlineTree()
        self.image = ImagePane(images)
        self.page = TextPane()
        self.answers = AnswersPane()
        self._widgets = {"outline": self.outline, "page": self.page, "answers": self.answers}
        self._pane = "page"
        self.prompt = prompt
        self._title = Static(printable(path), id="title", markup=False)
        self._gauge = Static("", id="gauge", markup=False)
        self._tabs = PaneTabs(id="tabs")
        self._path = path
        self._problem = Static("", id="problem", markup=False)
        self._status = Static("", id="status", markup=False)
        self._doing = ""
        self._target: PageSpan | None = None
        self._called = ""

    def compose(self) -> Iterator[Widget]:
        with Horizontal(id="head"):
            yield self._title
            yield self._gauge
        yield self._tabs
        with Horizontal(id="panes"):
            yield self.outline
            yield self.image
            yield self.page
            yield self.answers
        yield self._problem
        yield self._status
        yield self.prompt

    def on_mount(self) -> None:
        for pane, (action, called) in _PANES.items():
            self._widgets[pane].border_title = f"{called} ({key(self, action)})"
        self.image.border_title = f"Page ({key(self, 'picture')})"
        self.show_pane("page")

    @property
    def opened(self) -> Document:
        assert self.document
        return self.document

    def show(self, document: Document, place: tuple[int, int]) -> None:
        self.document = document
        title = title_text(document)
        if len(self.documents) > 1:
            title += f" · {self.documents.index(document) + 1} of {len(self.documents)} files"
        self._title.update(title)
        self.remove_class("opening")
        page, offset = place
        self.page.show(document, (min(max(page, 1), len(document.pages)), offset))
        self.image.follow(document, *self.page.place)
        self.outline.show(document)
        self.switched()

    def show_first(self, document: Document) -> None:
        self.remove_class("opening")
        self.page.show(document)

    def show_parsed(self, page: int, pages: int, waiting: int) -> None:
        asked = f"{count_text(waiting, 'question')} will be asked" if waiting else ""
        status = asked
        bar = ""
        if pages:
            begun = f"page {page:,} of {pages:,}"
            bar = f"\n\n{filled_bar(page / pages, 24)} {begun}"
            status = f"opening: {begun} · {asked}".removesuffix(" · ")
        self._status.update(status)
        said = f"{asked or 'Type a question now: it is asked'} as soon as the document is open."
        self._problem.update(f"Opening {printable(self._path)} …{bar}\n\n{said}")

    def show_problem(self, problem: str) -> None:
        self.add_class("opening", "failed")
        self._problem.border_title = "✗ It cannot be opened"
        self._problem.update(problem)

    def show_pane(self, pane: str) -> None:
        """Which pane a narrow screen shows; a wide one shows all."""
        self._pane = pane
        for name in self._widgets:
            self.set_class(name == pane, f"show-{name}")
        narrow = self.screen.has_class("-narrow")
        # Next to the image there is room for the text, on a broad screen for the answers, too.
        if narrow or pane == "outline" or (pane == "answers" and not self._broad):
            self.remove_class("with-image")
        self._tabs.show(pane)
        if narrow and self.screen.focused in self._widgets.values():
            self.screen.set_focus(self.prompt.line)  # what is hidden moves by no key

    def focus_pane(self, pane: str) -> None:
        self.show_pane(pane)
        self.screen.set_focus(self._widgets[pane])

    def scroll_shown(self, key: str) -> None:
        """Scroll the text or, on a narrow screen, the pane that is shown."""
        press(self._widgets[self._pane] if self.screen.has_class("-narrow") else self.page, key)

    def show_image(self) -> None:
        """Show the page's image next to the text, or in its place on a narrow screen; or hide it
        again.
        """
        shown = not self.has_class("with-image")
        self.show_pane("page")
        self.set_class(shown, "with-image")
        self.on_resize()

    def enlarge_image(self) -> None:
        """It is shown first where it is not."""
        if self.has_class("with-image"):
            self.image.enlarge()
        else:
            self.show_image()

    def on_text_pane_moved(self) -> None:
        self.show_status()

    def on_resize(self) -> None:
        self.set_class(self._broad, "broad")
        self.show_status()
        self.show_progress(self.progress)

    @property
    def _broad(self) -> bool:
        return self.app.size.width >= BROAD

    def show_progress(self, progress: ReadProgress | None) -> None:
        self.progress = progress
        if progress:
            share = progress.done / max(progress.total, 1)
            wide = self.app.size.width >= WIDE
            self._gauge.update(
                f"{'read ' * wide}{filled_bar(share, 10 if wide else 5)} {int(100 * share)} %"
            )

    def point_at(self, target: PageSpan | None, called: str = "") -> None:
        """The reader was led to `target`: there one is while it is in view."""
        self._target = None
        if target:
            self._target = replace(target, end=target.start + 1)
            self._called = called or location(self.opened, *target.place)

    def show_status(self, doing: str | None = None) -> None:
        """Say what goes on, if given, and where the reader is."""
        if doing is not None:
            self._doing = doing
        if not self.document:
            return
        place = self.where
        led = place == self.pointed_at
        where = self._called if led else location(self.document, *place)
        self.outline.follow(*place)
        self.image.follow(self.document, *place)
        width = self.app.size.width - _AROUND_STATUS
        if cell_len(self._doing) + cell_len(where) > width:
            where = where.rpartition(" · ")[2]  # the page gives way last
        room = max(width - cell_len(where), _LEAST_DOING)
        parts = Content(self._doing).truncate(room, ellipsis=True), Content(where)
        self._status.update(Content(" · ").join(part for part in parts if part))

    @property
    def where(self) -> tuple[int, int]:
        """(page, offset) of the target that was gone to, while on the screen, else of the top
        line.
        """
        return self.pointed_at or self.page.place

    @property
    def pointed_at(self) -> tuple[int, int] | None:
        """(page, offset) of the target that was gone to, while on the screen."""
        there = self._target is not None and self.page.in_view(self._target)
        return self._target.place if there else None  # type: ignore[union-attr]

    def message(
        self, text: str, severity: Literal["information", "warning", "error"] = "information"
    ) -> None:
        self.notify(printable(without_flags(text)), severity=severity, markup=False)


class PaneTabs(Static):
    """The names of the three panes, on one line, where only one of them is shown; a click chooses
    one.
    """

    def show(self, pane: str) -> None:
        parts = []
        for name, (action, called) in _PANES.items():
            here = name == pane
            label = f"{'▸' if here else ' '}{key(self, action)} {called} "
            link = Style.from_meta({"@click": f"screen.call('panes', 'focus_pane', '{name}')"})
            parts.append((label, Style(bold=here, reverse=here) + link))
        self.update(Content.assemble(*parts))


def title_text(document: Document) -> str:
    """`Services Agreement · services_agreement.pdf · 13 pages`; the name once where the title is no
    other.
    """
    names = (document.shown_title, PurePath(document.path).name)
    parts = list(dict.fromkeys(map(printable, names)))
    if document.paged:
        parts.append(count_text(len(document.pages), "page"))
    return " · ".join(parts)
