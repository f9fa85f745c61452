"""The model that writes summaries: a checkpoint that runs here, or one of a server."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from docqa.app.answer.events import Event, Notice
from docqa.app.answerers.generator import Reply
from docqa.app.answerers.remote.stream import ContextExceeded
from docqa.app.answerers.writing.excerpts import Given
from docqa.app.answerers.written import WritingAnswerer
from docqa.app.session.session import Session
from docqa.model.errors import ContextTooLong
from docqa.model.prompts.conversation import WHOLE, Form
from docqa.model.prompts.summary_prompt import NUMBERED


class Writer:
    """Writes what it is asked of one Corpus. `name` is that of the model; `whole`: it has read all of the documents,
    after `read`, and cites by their words; `budget`: tokens of passages that it is given at once where not; `unread`:
    the bundled model has not read the documents, and passages are found by their words. Mutable: `budget`."""

    def __init__(self, answerer: WritingAnswerer) -> None:
        self.corpus, self.evidence, self._generator = answerer.corpus, answerer.evidence, answerer.generator
        self.name, self.budget, self.whole = self._generator.name, self._generator.budget, self._generator.whole
        self.unread = self.whole

    def read(self) -> Iterator[Event]:
        """Read the documents as far as writing needs it."""
        reading = self._generator.reading if self.whole else None
        try:
            yield from (reading or self.evidence).read()
        except ContextTooLong as error:
            if reading is not None:
                raise
            yield Notice(f"{error}; passages are found by their words alone")
            self.unread = True

    def reply(self, given: Given, said: Sequence[str]) -> Generator[Event, None, Reply]:
        """What the model writes to the last of what was `said` in turn, the request first, about what is `given`.

        Raises RemoteError where a server does not answer, ContextExceeded where it was given too much.
        """
        return (yield from self._generator.reply(form_of(given), given, said))

    def shrink(self, error: ContextExceeded, given: Given) -> None:
        """Make `budget` smaller than what was `given`. Raises the error in words where nothing is left."""
        sent = len(self.corpus.tokenizer.encode(given.text))
        self.budget = error.fewer_tokens(min(sent, self.budget))


def writer_of(session: Session) -> Writer | None:
    """The writer of a session's model; None where that cuts its answers from the documents."""
    return None if session.writing is None else Writer(session.writing)


def form_of(given: Given) -> Form:
    """How a model is asked about what it is `given`."""
    return NUMBERED if given.numbered else WHOLE
