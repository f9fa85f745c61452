"""A conversation: questions over one Session, each resolved against those before it, and stored."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from docqa.app.answer.answer import Answer
from docqa.app.answer.events import Event, Finished, Preview
from docqa.app.answer.grades import Status
from docqa.app.history.export import NumberedQuote, numbered
from docqa.app.history.history import stored_documents
from docqa.app.history.recorder import Recorder, make_turn
from docqa.app.history.records import NEXT_BEST, StoredSession, StoredTurn
from docqa.app.session.session import Session

from .followups import complete_question

STOPPED = "stopped before it was answered"
ANEW = "asked again"
_NEAREST_STEP = 3  # passages that a refusal shows


@dataclass
class ChatConversation:
    """Over the documents of `session`; `turns` are those of an earlier run. Mutable: it grows by
    what is asked.
    """

    session: Session
    recorder: Recorder
    turns: list[StoredTurn]

    def __post_init__(self) -> None:
        self._started = self.turns[0].asked if self.turns else time.time()

    # Asking

    def understood(self, question: str) -> str:
        """The question as it is asked, with what was asked before where it goes on from there."""
        return complete_question(self.session, self.turns, question)

    def ask(self, question: str, understood: str) -> Iterator[Event]:
        """The events of the session for `understood`. Closing the generator stores the question and
        its preview.
        """
        preview: Answer | None = None
        finished = False
        try:
            for event in self.session.ask(understood):
                if isinstance(event, Preview):
                    preview = event.answer
                if isinstance(event, Finished):
                    finished = True
                    self.add(question, understood, event.answer)
                yield event
        except (GeneratorExit, KeyboardInterrupt):
            if not finished:
                self.add(question, understood, preview, "stopped", STOPPED)
            raise

    def note_on_retry(self) -> str:
        """How `ask_again` will ask the last question: anew, or for the next best."""
        last = self.turns[-1]
        return NEXT_BEST if last.answer and last.state == "done" else ANEW

    def ask_again(self) -> Iterator[Event]:
        """Ask the last question again: anew where it was stopped, else for the next best answer
        without those shown so far, or the passages that come after the nearest."""
        last = self.turns[-1]
        understood = last.understood or last.question
        if self.note_on_retry() == ANEW:
            yield from self.ask(last.question, understood)
            return
        tries = self._tries(last)
        quotes = [quote for turn in tries if turn.answer for quote in turn.answer.answering_quotes]
        refusals = sum(turn.answer is not None and turn.answer.refused for turn in tries)
        answer = self.session.ask_again(understood, quotes, nearest=refusals * _NEAREST_STEP)
        if answer.status == Status.POSSIBLE:
            # only the first passages of a question are known to be that
            answer = replace(answer, status=Status.NOT_FOUND)
        self.add(last.question, understood, answer, note=NEXT_BEST)
        yield Finished(answer)

    def _tries(self, last: StoredTurn) -> list[StoredTurn]:
        """The turns at the end of the conversation that answer the question of the last one."""
        tries: list[StoredTurn] = []
        for turn in reversed(self.turns):
            if (turn.question, turn.understood) != (last.question, last.understood):
                break
            tries.append(turn)
            if turn.note != NEXT_BEST:
                break
        return tries

    def add(
        self,
        question: str,
        understood: str,
        answer: Answer | None,
        state: str = "done",
        note: str = "",
    ) -> None:
        """Store a turn; `state` is done, stopped or failed, `note` the reason."""
        documents = self.session.documents
        asked = question.strip()
        turn = make_turn(documents, asked, answer, understood=understood, state=state, note=note)
        self.turns.append(turn)
        self.recorder.keep(turn)

    # Looking back

    def quotes(self) -> list[NumberedQuote]:
        """Every quote so far, by number."""
        return [item for _, quotes in numbered(self.turns) for item in quotes]

    def record(self) -> StoredSession:
        """The conversation as it is exported."""
        title = self.turns[0].question if self.turns else self.session.documents[0].title
        documents = stored_documents(self.session.documents)
        return StoredSession(
            0, "chat", title, self._started, time.time(), documents, len(self.turns)
        )
