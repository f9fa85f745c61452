"""One document: how it opens, and what its keys and its line of input do.

What it is made of: document_panes.py, the widgets; document_places.py, the ways through them; document_work.py,
reading and answering.
"""

from __future__ import annotations

import gc
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widgets import Static

from docqa.app.output.render import printable
from docqa.app.tui import bridge, kept_turns, keymap
from docqa.app.tui.held import settings
from docqa.app.tui.kept_turns import Turn
from docqa.app.tui.screens import export
from docqa.app.tui.screens.document_work import DocumentWork
from docqa.app.tui.screens.palette import DocumentCommands
from docqa.app.tui.widgets.line_bar import LineBar
from docqa.app.tui.widgets.outline import OutlineTree
from docqa.app.tui.widgets.tabs import PaneTabs

if TYPE_CHECKING:
    from docqa.app.storage.store import Store
    from docqa.app.tui.library.recents import PastQuestion
    from docqa.app.tui.page.picture import Pictures
    from docqa.ingest.types import Document

_SETTLED_S = 0.5  # after opening; by then the first frame is on the screen
_NO_PICTURES = "this terminal shows no pictures (those of kitty, iTerm2 and sixel do); docqa inspect draws into a file"


class DocumentScreen(DocumentWork):
    """Opens `path` through the bridge, at the question `asked` where one is given.

    `store` keeps questions and answers; None keeps nothing. `pictures` is None where the terminal shows none.
    """

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.DOCUMENT)
    COMMANDS = {DocumentCommands}

    def __init__(
        self,
        path: str,
        session: bridge.SessionBridge,
        store: Store | None,
        *,
        pictures: Pictures | None = None,
        asked: PastQuestion | None = None,
    ) -> None:
        super().__init__(path, session, store, pictures)
        self._asked_before = asked

    def on_mount(self) -> None:
        self.add_class("opening")
        self._show_pane("page")
        self._bridge.open(self._path, self.post_message)

    def on_opened(self, message: bridge.Opened) -> None:
        """Show the document, and what was asked about it before."""
        document = self.document = message.document
        self.query_one("#title", Static).update(title_text(document))
        self.remove_class("opening")
        kept = kept_turns.load(self._store, document) if self._store is not None else None
        page, offset = kept.place if kept is not None else (1, 0)
        self.page.show(document, (min(max(page, 1), len(document.pages)), offset))
        self.picture.follow(document, self.page.place[0])
        self.query_one("#outline", OutlineTree).show(document)
        self.strip.show(document)
        for turn in kept.turns if kept is not None else ():
            self.answers.add(turn, document)
        self.set_focus(self.bar.input)
        self._refresh_marks()
        for warning in (*message.warnings, *(kept.notices if kept is not None else ())):
            self._tell(warning, "warning")
        if self._asked_before is not None:
            self._show_asked(self._asked_before)
        self.set_timer(_SETTLED_S, _keep_collector_away)

    def on_unmount(self) -> None:
        gc.unfreeze()

    # What the reader does

    def on_line_bar_entered(self, message: LineBar.Entered) -> None:
        """A question, words to search, a place, or a file."""
        if self.document is None:
            return
        if message.mode == "ask":
            self._ask(message.text)
        elif message.mode == "find":
            self._find(message.text)
        elif message.mode == "goto":
            self._goto(message.text)
        else:
            self._export(message.text)

    def on_line_bar_left(self, message: LineBar.Left) -> None:
        """Esc in the line for questions stops the answer, too; who gives a search up did not mean that."""
        if message.mode == "ask":
            self.action_stop_job()
        self._focus_shown()

    def on_resize(self) -> None:
        self._gauge()

    def on_screen_suspend(self) -> None:
        self.picture.cover()

    def on_pane_tabs_chosen(self, message: PaneTabs.Chosen) -> None:
        self.action_pane(message.pane)

    # Keys

    def action_question(self) -> None:
        self.bar.enter("ask")

    def action_export(self) -> None:
        if self.document is not None:
            self.bar.enter("export", export.default_path(self.document))

    def action_pane(self, pane: str) -> None:
        self._show_pane(pane)
        self.set_focus(self.query_one(f"#{pane}"))

    def action_library(self) -> None:
        self._bridge.stop()
        self.keep()
        self.app.pop_screen()

    def action_help(self) -> None:
        from docqa.app.tui.screens.help_screen import HelpScreen

        self.app.push_screen(HelpScreen(settings(self).held((*keymap.DOCUMENT, *keymap.PAGE))))

    def action_picture(self) -> None:
        """The page's own picture: beside the text, in its place where the screen is narrow."""
        if self._pictures is None:
            self._tell(_NO_PICTURES)
            return
        wanted = not self.has_class("with-picture")
        self._show_pane("page")
        self.set_class(wanted, "with-picture")
        self.set_focus(self.page)

    # Parts

    def _export(self, path: str) -> None:
        assert self.document is not None
        text = export.markdown(self.document, [card.turn for card in self.answers.cards])
        try:
            written = export.write(path, text)
        except (OSError, ValueError) as error:  # the latter for a name that no file can have
            self._tell(f"cannot write {path}: {getattr(error, 'strerror', None) or error}", "error")
            return
        self.bar.close()
        self._focus_shown()
        self._tell(f"written: {written}")

    def _show_asked(self, asked: PastQuestion) -> None:
        """The question that this document was opened for: its card, or a new one where it was asked elsewhere."""
        assert self.document is not None
        same = [card for card in self.answers.cards if card.turn.question == asked.turn.question]
        if same:
            self.choose(same[-1])
        else:
            turn = asked.turn
            self.answers.add(Turn(turn.question, turn.state, turn.answer, turn.note), self.document)
            self._refresh_marks()
        self._show_pane("answers")
        self.set_focus(self.answers)


def _keep_collector_away() -> None:
    """A collector that goes over a million tokens of blocks and passages holds a frame up for a tenth of a second."""
    gc.collect()
    gc.freeze()


def title_text(document: Document) -> str:
    """`Services Agreement · services_agreement.pdf · 13 pages`; the name once where the title is no other."""
    parts = dict.fromkeys(printable(part) for part in (document.title, PurePath(document.path).name))
    count = len(document.pages)
    return " · ".join([*parts, *([f"{count:,} page{'s' if count != 1 else ''}"] if document.paged else [])])
