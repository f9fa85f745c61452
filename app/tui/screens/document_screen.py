"""One document: its keys, its messages and its line of input, each handed to the part that knows what to do.

The parts: Panes (the widgets), Navigation (the ways through the text), Questions (reading and answering).
The command palette offers its keys as commands, its headings, and past questions.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer

from docqa.app.history.export import free_name
from docqa.app.output.render import printable
from docqa.app.tui import bridge, kept_turns, keymap
from docqa.app.tui.kept_turns import Turn
from docqa.app.tui.page.view import PageView, PlaceChosen, section_title
from docqa.app.tui.screens.help_screen import MemoryScreen
from docqa.app.tui.screens.navigation import Navigation
from docqa.app.tui.screens.panes import WIDE, Panes
from docqa.app.tui.screens.questions import Questions
from docqa.app.tui.settings import key, settings_of
from docqa.app.tui.widgets.answers import AnswerCard
from docqa.app.tui.widgets.line_bar import LineBar

if TYPE_CHECKING:
    from docqa.app.storage.store import Store
    from docqa.app.tui.library.recents import PastQuestion
    from docqa.app.tui.page.picture import Pictures
    from docqa.ingest.types import Document

_SETTLED_S = 0.5  # after opening; by then the first frame is on the screen
_NO_PICTURES = "this terminal cannot show pictures (kitty, iTerm2 and sixel can); docqa inspect draws one into a file"
_MOST_HEADINGS = 5_000
_NOT_OFFERED = ("go('next", "go('follow", "stop_job")
_Command = tuple[str, Callable[[], object], str]


class DocumentCommands(Provider):
    """Commands of a screen that has a Navigation."""

    async def discover(self) -> Hits:
        """Before anything is typed: the commands and the questions."""
        for text, run, about in [*self._commands(), *self._questions()]:
            yield DiscoveryHit(text, run, text, about)

    async def search(self, query: str) -> Hits:
        """Commands, questions and headings that match `query`."""
        matcher = self.matcher(query)
        for text, run, about in [*self._commands(), *self._questions(), *self._headings()]:
            score = matcher.match(text)
            if score > 0:
                yield Hit(score, matcher.highlight(text), run, text, about)

    @property
    def _navigation(self) -> Navigation:
        return self.screen.navigation  # type: ignore[attr-defined, no-any-return]

    def _commands(self) -> Iterator[_Command]:
        for offered in settings_of(self.screen).apply(keymap.DOCUMENT):
            if not offered.action.startswith(_NOT_OFFERED):
                text = offered.help[:1].upper() + offered.help[1:]
                yield text, partial(self.screen.run_action, offered.action), f"key {offered.shown}"

    def _questions(self) -> Iterator[_Command]:
        for card in self._navigation.panes.answers.cards:
            yield printable(card.turn.question), partial(self._navigation.choose, card), "question asked before"

    def _headings(self) -> Iterator[_Command]:
        document = self._navigation.panes.document
        for section in document.sections[:_MOST_HEADINGS] if document is not None else ():
            yield section_title(section), partial(self._navigation.jump, section.page, section.start or 1), "heading"


class DocumentScreen(Screen[None]):
    """Opens `path` through the bridge, at the question `past` where one is given.

    `store` keeps questions and answers; None keeps nothing. `pictures` is None where the terminal shows none.
    """

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.DOCUMENT)
    COMMANDS = {DocumentCommands}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]

    def __init__(
        self,
        path: str,
        session: bridge.SessionBridge,
        store: Store | None,
        *,
        pictures: Pictures | None = None,
        past: PastQuestion | None = None,
    ) -> None:
        super().__init__()
        self.panes = Panes(path, pictures)
        self.navigation = Navigation(self.panes)
        self.questions = Questions(self.navigation, session, store)
        self._path = path
        self._store = store
        self._pictures = pictures
        self._past = past

    def compose(self) -> Iterator[Widget]:
        yield self.panes
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.questions.bridge.open(self._path, self.post_message)

    @property
    def document(self) -> Document | None:
        """The document on the screen; None until it is opened."""
        return self.panes.document

    def on_document_opened(self, message: bridge.DocumentOpened) -> None:
        """Show the document, and what was asked about it before."""
        document = message.document
        kept = kept_turns.load(self._store, document)
        self.panes.show(document, kept.place)
        for turn in kept.turns:
            self.panes.answers.add(turn, document)
        self.navigation.refresh_marks()
        for warning in (*message.warnings, *kept.notices):
            self.panes.message(warning, "warning")
        if self._past is not None:
            past = self._past.turn
            self.questions.show_past(Turn(past.question, past.state, past.answer, past.note))
        self.set_timer(_SETTLED_S, _keep_collector_away)

    def on_unmount(self) -> None:
        gc.unfreeze()

    # What the bridge reports

    def on_session_event(self, message: bridge.SessionEvent) -> None:
        self.questions.on_event(message)

    def on_job_ended(self, message: bridge.JobEnded) -> None:
        if message.kind != "open":
            self.questions.on_end(message)
        elif message.outcome == "failed":
            self.panes.show_problem(f"{message.reason}\n\n{key(self, 'library')} goes back to the documents.")

    # What the reader chooses

    def on_place_chosen(self, message: PlaceChosen) -> None:
        self.navigation.jump(message.page, message.offset)

    def on_answer_card_chosen(self, message: AnswerCard.Chosen) -> None:
        card = self.panes.answers.cards[message.number]
        if message.cite is None:
            self.navigation.choose(card)
        else:
            self.navigation.follow(card, message.cite)

    def on_page_view_followed(self, message: PageView.Followed) -> None:
        self.navigation.follow_link(message.link)

    def on_page_view_moved(self, message: PageView.Moved) -> None:
        """The strip and the status say where the reader is."""
        self.panes.strip.follow(message.page, message.offset)
        if self.document is not None:
            self.panes.picture.follow(self.document, message.page)
        self.panes.show_status()

    def on_line_bar_entered(self, message: LineBar.Entered) -> None:
        """A question, words to search, a place, or a file."""
        if self.document is not None:
            navigation = self.navigation
            modes = {"ask": self.questions.ask, "find": navigation.find, "goto": navigation.go_to}
            modes.get(message.mode, self._export)(message.text)

    def on_line_bar_left(self, message: LineBar.Left) -> None:
        """Esc in the line for questions stops the answer, too; who gives a search up did not mean that."""
        if message.mode == "ask":
            self.action_stop_job()
        self.panes.focus_pane()

    def on_resize(self) -> None:
        self.questions.show_gauge()

    def on_screen_suspend(self) -> None:
        self.panes.picture.erase()

    # Keys

    def action_line(self, mode: str) -> None:
        """Enter a question, words to search, or a place."""
        self.panes.bar.enter(mode)

    def action_go(self, move: str, *steps: int) -> None:
        """A move of Navigation, by its name."""
        getattr(self.navigation, move)(*steps)

    def action_read(self) -> None:
        self.questions.read()

    def action_stop_job(self) -> None:
        """Esc: stop what runs; where nothing runs, leave the line of input."""
        if not self.questions.stop():
            self.navigation.unselect_link()
            self.panes.focus_pane()

    def action_pane(self, pane: str) -> None:
        self.panes.focus_pane(pane)

    def action_picture(self) -> None:
        if self._pictures is None:
            self.panes.message(_NO_PICTURES)
        else:
            self.panes.show_picture()

    def action_export(self) -> None:
        if self.document is not None:
            self.panes.bar.enter("export", free_name(self.document.path, "docqa.md"))

    def action_library(self) -> None:
        self.questions.bridge.stop()
        self.questions.keep()
        self.app.pop_screen()

    def action_memory(self) -> None:
        """What the model keeps in memory, in full; renewed while it reads."""
        self.app.push_screen(MemoryScreen(self.questions.memory_lines))

    def _export(self, path: str) -> None:
        assert self.document is not None
        try:
            written = kept_turns.export(path, self.document, self.questions.turns)
        except (OSError, ValueError) as error:  # the latter for a name that no file can have
            self.panes.message(f"cannot write {path}: {getattr(error, 'strerror', None) or error}", "error")
            return
        self.panes.bar.close()
        self.panes.focus_pane()
        self.panes.message(f"written: {written}")


def _keep_collector_away() -> None:
    """A collector that goes over a million tokens of blocks and passages holds a frame up for a tenth of a second."""
    gc.collect()
    gc.freeze()
