"""What goes on over an open document: it is read, questions are answered, both are stopped, and all of it is kept.

The screen holds the turns; what the bridge tells changes a turn and its card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from docqa.app.answer import events
from docqa.app.output.progress import reading_line
from docqa.app.tui import bridge, kept_turns, turn_events
from docqa.app.tui.held import key
from docqa.app.tui.kept_turns import Turn
from docqa.app.tui.screens.document_places import DocumentPlaces
from docqa.app.tui.widgets import gauges
from docqa.app.tui.widgets.answers import AnswerCard

if TYPE_CHECKING:
    from docqa.app.storage.store import Store
    from docqa.app.tui.page.picture import Pictures

_STOPPED = "Stopped. What was read is kept; {} goes on."


class DocumentWork(DocumentPlaces):
    """The panes, the ways through them, and the jobs of `session`, the bridge. `store` None keeps nothing."""

    def __init__(
        self, path: str, session: bridge.SessionBridge, store: Store | None, pictures: Pictures | None
    ) -> None:
        super().__init__(path, pictures)
        self._bridge = session
        self._store = store
        self._job: str | None = "open"

    # What the bridge tells

    def on_told(self, message: bridge.Told) -> None:
        """One event of the session."""
        event, card = message.event, self._card(message.number)
        if isinstance(event, events.ReadProgress):
            self._tokens_done = event.done
            self._gauge()
            self._status(reading_line(event))
        elif isinstance(event, events.Notice):
            self._tell(event.message, "warning")
        if card is None:
            return
        if isinstance(event, events.ReadProgress):
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

    # Keys

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

    def action_stop_job(self) -> None:
        """Esc: stop what runs; where nothing runs, leave the line of input."""
        if self._bridge.busy and self._job in ("ask", "read"):
            self._bridge.stop()
            self._status("stopping after this block …")
        else:
            self._unmark_links()
            self._focus_shown()

    def action_memory(self) -> None:
        """What the model holds, in full; renewed while it reads."""
        from docqa.app.tui.screens.memory_screen import MemoryScreen

        self.app.push_screen(MemoryScreen(self._memory_lines))

    # Parts

    def keep(self) -> None:
        """Write the questions and answers of this document, and where the reader is."""
        if self._store is None or self.document is None:
            return
        try:
            kept_turns.save(self._store, self.document, [card.turn for card in self.answers.cards], self.page.place)
        except OSError as error:
            self._tell(f"questions cannot be kept ({error.strerror or error}, {self._store.root})", "warning")

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
        self.set_focus(self.answers)
        self._run(card)

    def _run(self, card: AnswerCard) -> None:
        turn_events.begin_again(card.turn)
        card.reading = None
        card.redraw()
        self._job = "ask"
        self._refresh_marks()
        self.keep()  # so that a process that is killed loses the answer in flight, not the question
        self._bridge.ask(card.number, card.turn.question, self.post_message)

    def _card(self, number: int | None) -> AnswerCard | None:
        cards = self.answers.cards
        return cards[number] if number is not None and number < len(cards) else None

    def _memory_lines(self, width: int) -> list[str]:
        if self._sizes is None:
            return ["Nothing is read yet.", "", f"{key(self, 'read')} reads the document, a question does, too."]
        return gauges.memory_lines(self._sizes, self._tokens_done, width)
