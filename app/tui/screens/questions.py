"""The jobs over an open document: it is read, questions are answered, both can be stopped, and all
is kept.
"""

from dataclasses import replace

from docqa.app.answer import events
from docqa.app.answer.answer import Quote
from docqa.app.history.records import NEXT_BEST
from docqa.app.output.progress import prefill_progress_line
from docqa.app.storage.store import Store
from docqa.app.tui import stored_turns
from docqa.app.tui.bridge import SUMMARIZE, DocumentJobs, JobEnded, SessionEvent
from docqa.app.tui.settings import key
from docqa.app.tui.stored_turns import ShownTurn
from docqa.app.tui.widgets.answers import AnswerCard

from .navigation import Navigation


class Questions:
    """Submits `jobs` and shows what comes of them in the cards. `store` None keeps
    nothing.
    """

    def __init__(self, navigation: Navigation, jobs: DocumentJobs, store: Store | None) -> None:
        self.panes = navigation.panes
        self._answers = self.panes.answers
        self._say = self.panes.message
        self.jobs = jobs
        self._navigation = navigation
        self._store = store

    def ask(self, question: str) -> None:
        if not question:
            self._say("the question is empty")
        else:
            self.panes.prompt.reset()
            card = self._answers.add(ShownTurn(question))
            self.panes.show_pane("answers")
            self._answer(card)

    def next_best(self) -> None:
        card = self._answers.current
        if not card or card.turn.answer is None or card.turn.running:
            self._say("there is no answer yet that another could follow")
            return
        question = card.turn.question
        understood = card.turn.understood
        shown: list[Quote] = []
        for turn in self.turns:
            if turn.question == question and turn.answer:
                shown += turn.answer.answering_quotes
        added = self._answers.add(
            ShownTurn(question, "queued", note=NEXT_BEST, understood=understood)
        )
        self.jobs.ask_again(added.number, understood or question, shown)

    def read(self) -> None:
        """Go on with all questions that were stopped or failed, else read the document ahead of
        questions.
        """
        if not self.panes.document or self.jobs.busy:
            return
        left = [card for card in self._answers.cards if card.turn.state in ("stopped", "failed")]
        for card in left:
            self._answer(card)
        if not left:
            self.panes.show_status("reading …")
            self.jobs.read()

    def stop(self) -> bool:
        """The one under way, or the one on the current card while it waits; False: there is
        none.
        """
        if not self.jobs.busy:
            return False
        card = self._answers.current
        if card and card.turn.state == "queued":
            self.jobs.stop(card.number)
            card.end("stopped", self._stopped)
        else:
            self.jobs.stop()
            self.panes.show_status("stopping after this block …")
        return True

    def _answer(self, card: AnswerCard) -> None:
        # without what an earlier attempt left
        card.turn = ShownTurn(card.turn.question, "queued", position=card.turn.position)
        card.asked_at = self.panes.page.place
        card.redraw()
        self._navigation.refresh_marks()
        self.keep()  # who is killed loses the answer in flight alone
        if card.turn.question.startswith(SUMMARIZE):
            self.jobs.summarize(card.number, card.turn.question)
            return
        before = {}
        for earlier in self._answers.cards[: card.number]:
            if earlier.turn.state in ("done", "stopped"):
                before[earlier.number] = stored_turns.stored_turn(earlier.turn)
        self.jobs.ask(card.number, card.turn.question, before)

    @property
    def _stopped(self) -> str:
        return f"Stopped. What was read is stored; {key(self.panes, 'read')} continues."

    def take(self, message: SessionEvent) -> None:
        card = self._card(message.number)
        event = message.event
        if isinstance(event, events.ReadProgress):
            self.panes.show_progress(event)
            self.panes.show_status(prefill_progress_line(event))
        elif isinstance(event, events.Notice):
            self._say(event.message, "warning")
        if not card:
            return
        card.turn.take(event)
        card.turn.understood = message.understood or card.turn.understood
        card.redraw()
        self._answers.grown(card)
        self._navigation.refresh_marks()
        if isinstance(event, events.Finished):
            self._navigation.show_first(card)

    def on_end(self, message: JobEnded) -> None:
        card = self._card(message.number)
        said = {
            "finished": "read; questions are answered at once" if message.kind == "read" else "",
            "stopped": self._stopped,
            "failed": f"failed: {message.reason}",
        }
        self.panes.show_status(said[message.outcome])
        if not card and message.outcome == "failed":
            self._say(message.reason, "error")
        elif card and card.turn.running:
            if message.outcome == "stopped":
                card.end("stopped", self._stopped)
            else:
                card.end("failed", message.reason)
        self.keep()

    def keep(self) -> None:
        documents = self.panes.documents
        if not self._store or not documents:
            return
        place = self.panes.page.place if len(documents) == 1 else (1, 0)
        try:
            stored_turns.save(self._store, documents, self.turns, place)
        except OSError as error:
            reason = error.strerror or error
            self._say(f"questions cannot be stored ({reason}, {self._store.root})", "warning")

    @property
    def turns(self) -> list[ShownTurn]:
        return [card.turn for card in self._answers.cards]

    def show_past(self, past: ShownTurn, *, at_cite: bool) -> None:
        same = [card for card in self._answers.cards if card.turn.question == past.question]
        own = replace(past, position=0, is_loaded=False)  # in this document's history from now on
        self._navigation.choose(same[-1] if same else self._answers.add(own))
        self.panes.show_pane("answers")
        if at_cite:  # once the card is there
            self.panes.call_after_refresh(self._navigation.follow_cite, 0)

    def _card(self, number: int | None) -> AnswerCard | None:
        cards = self._answers.cards
        return cards[number] if number is not None and number < len(cards) else None
