"""One document: what its keys do, and what the bridge tells of it.

The screen holds the turns and the places; widgets only show them. What the bridge tells changes a turn and its card.
"""

from __future__ import annotations

import gc
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widgets import Static

from docqa.app import events
from docqa.app.progress import reading_line
from docqa.app.render import printable
from docqa.app.tui import bridge, export, gauges, kept_turns, keymap, turn_events
from docqa.app.tui.answers import AnswerCard
from docqa.app.tui.document_places import DocumentPlaces
from docqa.app.tui.held import key, settings
from docqa.app.tui.kept_turns import Turn
from docqa.app.tui.line_bar import LineBar
from docqa.app.tui.outline import OutlineTree
from docqa.app.tui.palette import DocumentCommands
from docqa.app.tui.tabs import PaneTabs

if TYPE_CHECKING:
    from docqa.app.store import Store
    from docqa.app.tui.page_picture import Pictures
    from docqa.app.tui.recents import Asked
    from docqa.ingest.types import Document

_STOPPED = "Stopped. What was read is kept; {} goes on."
_SETTLED_S = 0.5  # after opening; by then the first frame is on the screen
_NO_PICTURES = "this terminal shows no pictures (those of kitty, iTerm2 and sixel do); docqa inspect draws into a file"


class DocumentScreen(DocumentPlaces):
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
        asked: Asked | None = None,
    ) -> None:
        super().__init__(path, pictures)
        self._bridge = session
        self._store = store
        self._asked_before = asked
        self._job: str | None = "open"

    def on_mount(self) -> None:
        self.add_class("opening")
        self._show_pane("page")
        self._bridge.open(self._path, self.post_message)

    # What the bridge tells

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
        self.bar.input.focus()
        self._refresh_marks()
        for warning in (*message.warnings, *(kept.notices if kept is not None else ())):
            self._tell(warning, "warning")
        if self._asked_before is not None:
            self._show_asked(self._asked_before)
        self.set_timer(_SETTLED_S, _keep_collector_away)

    def on_unmount(self) -> None:
        gc.unfreeze()

    def on_told(self, message: bridge.Told) -> None:
        """One event of the session."""
        event, card = message.event, self._card(message.number)
        if isinstance(event, events.Reading):
            self._tokens_done = event.done
            self._gauge()
            self._status(reading_line(event))
        elif isinstance(event, events.Warning):
            self._tell(event.message, "warning")
        if card is None:
            return
        if isinstance(event, events.Reading):
            card.reading = event
        turn_events.take(event, card.turn)
        card.redraw()
        self.answers.grown(card)
        self._refresh_marks()

    def on_sized(self, message: bridge.Sized) -> None:
        self._sizes = message.sizes
        self._gauge()

    def on_scored(self, message: bridge.Scored) -> None:
        card = self._card(message.number)
        if card is not None:
            card.turn.scores = message.scores
            self._refresh_marks()

    def on_ended(self, message: bridge.Ended) -> None:
        """A job is over, in whatever way; a failure is said where its result would stand."""
        self._job = None
        if message.kind == "open":
            if message.outcome == "failed":
                self._job = "failed"
                problem = f"{message.reason}\n\n{key(self, 'library')} goes back to the documents."
                self.query_one("#problem", Static).update(problem)
            return
        card, stopped = self._card(message.number), _STOPPED.format(key(self, "read"))
        if message.outcome == "failed":
            self._status(f"failed: {message.reason}")
            if card is None:
                self._tell(message.reason, "error")
        else:
            self._status("read; questions are answered at once" if message.outcome == "finished" else stopped)
        if card is not None and card.turn.running:
            card.turn.state = "stopped" if message.outcome == "stopped" else "failed"
            card.turn.note = stopped if message.outcome == "stopped" else message.reason
            card.redraw()
        self.keep()

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

    def on_line_bar_left(self) -> None:
        if self._bridge.busy:
            self.action_stop_job()
        self._focus_shown()

    def on_resize(self) -> None:
        self._gauge()

    def on_screen_suspend(self) -> None:
        self.picture.cover()

    def on_pane_tabs_chosen(self, message: PaneTabs.Chosen) -> None:
        self.action_pane(message.pane)

    def keep(self) -> None:
        """Write the questions and answers of this document, and where the reader is."""
        if self._store is None or self.document is None:
            return
        try:
            kept_turns.save(self._store, self.document, [card.turn for card in self.answers.cards], self.page.place)
        except OSError as error:
            self._tell(f"questions cannot be kept ({error.strerror or error}, {self._store.root})", "warning")

    # Keys

    def action_question(self) -> None:
        self.bar.enter("ask")

    def action_export(self) -> None:
        if self.document is not None:
            self.bar.enter("export", export.default_path(self.document))

    def action_read(self) -> None:
        """Go on with a question that was stopped, else read the document ahead of questions."""
        if self.document is None or self._bridge.busy:
            return
        card = self.answers.current
        if card is not None and card.turn.state in ("stopped", "failed"):
            self._run(card)
        else:
            self._job = "read"
            self._status("reading …")
            self._bridge.read(self.post_message)

    def action_pane(self, pane: str) -> None:
        self._show_pane(pane)
        self.query_one(f"#{pane}").focus()

    def action_stop_job(self) -> None:
        """Esc: stop what runs; where nothing runs, leave the line of input."""
        if self._bridge.busy and self._job in ("ask", "read"):
            self._bridge.stop()
            self._status("stopping after this block …")
        else:
            self._focus_shown()

    def action_library(self) -> None:
        self._bridge.stop()
        self.keep()
        self.app.pop_screen()

    def action_help(self) -> None:
        from docqa.app.tui.help_screen import HelpScreen

        self.app.push_screen(HelpScreen(settings(self).held((*keymap.DOCUMENT, *keymap.PAGE))))

    def action_memory(self) -> None:
        """What the model holds, in full; renewed while it reads."""
        from docqa.app.tui.memory_screen import MemoryScreen

        self.app.push_screen(MemoryScreen(self._memory_lines))

    def action_picture(self) -> None:
        """The page's own picture: beside the text, in its place where the screen is narrow."""
        if self._pictures is None:
            self._tell(_NO_PICTURES)
            return
        wanted = not self.has_class("with-picture")
        self._show_pane("page")
        self.set_class(wanted, "with-picture")
        self.page.focus()

    # Parts

    def _ask(self, question: str) -> None:
        if not question:
            self._tell("the question is empty")
            return
        if self._bridge.busy:
            self._tell("one question after the other; Esc stops this one")
            return
        assert self.document is not None
        self.bar.reset()
        card = self.answers.add(Turn(question), self.document)
        self._show_pane("answers")
        self.answers.focus()
        self._run(card)

    def _run(self, card: AnswerCard) -> None:
        turn_events.begin_again(card.turn)
        card.reading = None
        card.redraw()
        self._job = "ask"
        self._refresh_marks()
        self.keep()  # so that a process that is killed loses the answer in flight, not the question
        self._bridge.ask(card.number, card.turn.question, self.post_message)

    def _export(self, path: str) -> None:
        assert self.document is not None
        text = export.markdown(self.document, [card.turn for card in self.answers.cards])
        try:
            written = export.write(path, text)
        except OSError as error:
            self._tell(f"cannot write {path}: {error.strerror or error}", "error")
            return
        self.bar.action_leave()
        self._tell(f"written: {written}")

    def _card(self, number: int | None) -> AnswerCard | None:
        cards = self.answers.cards
        return cards[number] if number is not None and number < len(cards) else None

    def _show_asked(self, asked: Asked) -> None:
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
        self.answers.focus()

    def _memory_lines(self, width: int) -> list[str]:
        if self._sizes is None:
            return ["Nothing is read yet.", "", f"{key(self, 'read')} reads the document, a question does, too."]
        return gauges.memory_lines(self._sizes, self._tokens_done, width)


def _keep_collector_away() -> None:
    """A collector that goes over a million tokens of blocks and passages holds a frame up for a tenth of a second."""
    gc.collect()
    gc.freeze()


def title_text(document: Document) -> str:
    """`Services Agreement · services_agreement.pdf · 13 pages`; the name once where the title is no other."""
    parts = dict.fromkeys(printable(part) for part in (document.title, PurePath(document.path).name))
    count = len(document.pages)
    return " · ".join([*parts, *([f"{count:,} page{'s' if count != 1 else ''}"] if document.paged else [])])
