"""The jobs over an open document: it is read, questions are answered, both can be stopped, and all of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.app.answer import events
from docqa.app.output.progress import reading_line
from docqa.app.tui import kept_turns
from docqa.app.tui.kept_turns import Turn
from docqa.app.tui.settings import key
from docqa.app.tui.widgets import gauges

if TYPE_CHECKING:
    from docqa.app.storage.store import Store
    from docqa.app.tui.bridge import JobEnded, SessionBridge, SessionEvent
    from docqa.app.tui.screens.navigation import Navigation
    from docqa.app.tui.widgets.answers import AnswerCard

_STOPPED = "Stopped. What was read is kept; {} continues."


class Questions:
    """Runs jobs through `bridge` and shows what comes of them in the cards. `store` None keeps nothing.

    State: the job under way, and how much of the document is read.
    """

    def __init__(self, navigation: Navigation, bridge: SessionBridge, store: Store | None) -> None:
        self.panes = navigation.panes
        self.bridge = bridge
        self._navigation = navigation
        self._store = store
        self._job = ""
        self._sizes: gauges.Sizes | None = None
        self.tokens_done = 0

    # Jobs

    def ask(self, question: str) -> None:
        """Answer `question` in a card of its own."""
        panes = self.panes
        if not question:
            panes.message("the question is empty")
        elif self.bridge.busy:
            panes.message("another question is being answered; Esc stops it")
        else:
            assert panes.document is not None
            panes.bar.reset()
            card = panes.answers.add(Turn(question), panes.document)
            panes.focus_pane("answers")
            self._answer(card)

    def read(self) -> None:
        """Go on with a question that was stopped, else read the document ahead of questions."""
        if self.panes.document is None or self.bridge.busy:
            return
        card = self.panes.answers.current
        if card is not None and card.turn.state in ("stopped", "failed"):
            self._answer(card)
        else:
            self._job = "read"
            self.panes.show_status("reading …")
            self.bridge.read(self.panes.screen.post_message)

    def stop(self) -> bool:
        """Stop the question or the read under way; False where there is none."""
        if not (self.bridge.busy and self._job):
            return False
        self.bridge.stop()
        self.panes.show_status("stopping after this block …")
        return True

    def _answer(self, card: AnswerCard) -> None:
        card.turn.restart()
        card.reading = None
        card.redraw()
        self._job = "ask"
        self._navigation.refresh_marks()
        self.keep()  # so that a process that is killed loses the answer in flight, not the question
        self.bridge.ask(card.number, card.turn.question, self.panes.screen.post_message)

    # What comes of them

    def on_event(self, message: SessionEvent) -> None:
        """Show one event of the session."""
        event, card = message.event, self._card(message.number)
        self._sizes = message.sizes or self._sizes
        if isinstance(event, events.ReadProgress):
            self.tokens_done = event.done
            self.show_gauge()
            self.panes.show_status(reading_line(event))
        elif isinstance(event, events.Notice):
            self.panes.message(event.message, "warning")
        if card is None:
            return
        if isinstance(event, events.ReadProgress):
            card.reading = event
        card.turn.take(event)
        card.turn.scores = message.scores or card.turn.scores
        card.redraw()
        self.panes.answers.grown(card)
        self._navigation.refresh_marks()

    def on_end(self, message: JobEnded) -> None:
        """A read or a question is over, in whatever way; a failure is said where its result would be."""
        self._job = ""
        card, stopped = self._card(message.number), _STOPPED.format(key(self.panes, "read"))
        if message.outcome == "failed":
            self.panes.show_status(f"failed: {message.reason}")
            if card is None:
                self.panes.message(message.reason, "error")
        else:
            finished = message.outcome == "finished"
            self.panes.show_status("read; questions are answered at once" if finished else stopped)
        if card is not None and card.turn.running:
            card.turn.state = "stopped" if message.outcome == "stopped" else "failed"
            card.turn.note = stopped if message.outcome == "stopped" else message.reason
            card.redraw()
        self.keep()

    def show_gauge(self) -> None:
        """How full the context is, once that is known."""
        if self._sizes is not None:
            self.panes.show_gauge(self._sizes, self.tokens_done)

    def memory_lines(self, width: int) -> list[str]:
        """What the model keeps in memory, with bars of `width` cells."""
        if self._sizes is None:
            read = key(self.panes, "read")
            return ["Nothing is read yet.", "", f"{read} reads the document; a question does so, too."]
        return gauges.memory_lines(self._sizes, self.tokens_done, width)

    # What is kept

    def keep(self) -> None:
        """Write the questions and answers of this document, and where the reader is."""
        document = self.panes.document
        if self._store is None or document is None:
            return
        try:
            kept_turns.save(self._store, document, self.turns, self.panes.page.place)
        except OSError as error:
            self.panes.message(f"questions cannot be kept ({error.strerror or error}, {self._store.root})", "warning")

    @property
    def turns(self) -> list[Turn]:
        """The questions so far, oldest first."""
        return [card.turn for card in self.panes.answers.cards]

    def show_past(self, past: Turn) -> None:
        """A question of before: its card, or a new one where it was asked elsewhere."""
        assert self.panes.document is not None
        same = [card for card in self.panes.answers.cards if card.turn.question == past.question]
        self._navigation.choose(same[-1] if same else self.panes.answers.add(past, self.panes.document))
        self.panes.focus_pane("answers")

    def _card(self, number: int | None) -> AnswerCard | None:
        cards = self.panes.answers.cards
        return cards[number] if number is not None and number < len(cards) else None
