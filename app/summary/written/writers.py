"""The models that write summaries: a checkpoint that runs here, and a server."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from docqa.app.answer.events import Event, Notice
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.document_evidence import DocumentEvidence
from docqa.app.answerers.loading import writing_template
from docqa.app.answerers.local_writing import LEAST_TOKENS, ROOM, WritingAnswerer
from docqa.app.answerers.remote.answerer import RemoteAnswerer
from docqa.app.answerers.remote.client import LEAST_REPLY
from docqa.app.answerers.remote.stream import ContextExceeded, RemoteError
from docqa.app.answerers.writing.excerpts import MOST_TOKENS, Given
from docqa.app.answerers.writing.generation import think, write
from docqa.app.context import plan
from docqa.app.models.library import name_of
from docqa.app.session.session import Session
from docqa.model.errors import ContextTooLong
from docqa.model.prompts import summary_prompt

if TYPE_CHECKING:
    from docqa.model.prompts.chat_template import ChatTemplate
    from docqa.model.state.state import State

_SMALLEST = 40
"""Tokens below which nothing is left to send."""
_SAFE = 0.9  # servers count other tokens than docqa


@dataclass(frozen=True)
class Reply:
    """What a model wrote, and what there is to say about how it ended."""

    text: str
    notes: tuple[str, ...] = ()


class Writer(Protocol):
    """Writes what it is asked of one Corpus. `name` is that of the model; `whole`: it has read all of the documents,
    after `read`, and cites by their words; `budget`: tokens of passages that it is given at once where not; `unread`:
    the bundled model has not read the documents, and passages are found by their words."""

    name: str
    corpus: Corpus
    evidence: DocumentEvidence
    whole: bool
    unread: bool
    budget: int

    def read(self) -> Iterator[Event]:
        """Read the documents as far as writing needs it."""

    def reply(self, given: Given, said: Sequence[str]) -> Generator[Event, None, Reply]:
        """What the model writes to the last of what was `said` in turn, the request first, about what is `given`.

        Raises RemoteError where a server does not answer, ContextExceeded where it was given too much.
        """

    def shrink(self, error: ContextExceeded, given: Given) -> None:
        """Make `budget` smaller than what was `given`. Raises the error in words where nothing is left."""


def writer_of(session: Session) -> Writer | None:
    """The writer of a session's model; None where that cuts its answers from the documents."""
    answerer = session.answerer
    if isinstance(answerer, RemoteAnswerer):
        return RemoteWriter(answerer)
    if isinstance(answerer, WritingAnswerer):
        template = writing_template(answerer.model)
        assert template is not None
        return LocalWriter(answerer, template)
    return None


def read_evidence(evidence: DocumentEvidence) -> Generator[Event, None, bool]:
    """Let the bundled model read the documents; False where they are longer than it can read."""
    try:
        yield from evidence.read()
    except ContextTooLong as error:
        yield Notice(f"{error}; passages are found by their words alone")
        return False
    return True


class LocalWriter:
    """Writes from the state of the whole documents where a question would be answered from it, else from numbered
    sentences. Mutable: it has the state that read what it was given last."""

    def __init__(self, answerer: WritingAnswerer, template: ChatTemplate) -> None:
        self._answerer, self._template = answerer, template
        self._model, self.corpus, self.evidence = answerer.model, answerer.corpus, answerer.evidence
        self.name = name_of(answerer.model.folder)
        self.whole = answerer.answers_from_whole
        self.budget = min(MOST_TOKENS, max(answerer.model.config.native_context - ROOM, LEAST_TOKENS))
        self.unread = self.whole
        self._read: tuple[Given, State] | None = None

    def read(self) -> Iterator[Event]:
        if self.whole:
            yield from self._answerer.prefiller.read()
        else:
            self.unread = not (yield from read_evidence(self.evidence))

    def reply(self, given: Given, said: Sequence[str]) -> Generator[Event, None, Reply]:
        from docqa.model.prompts.conversation import WHOLE, Conversation

        form = summary_prompt.NUMBERED if given.numbered else WHOLE
        conversation = Conversation(self._template, self._model.tokenizer, form)
        thinks = self._template.thinks(self._answerer.options.think)
        state = self._state(given, conversation.opening()).fork()
        self._model.prefill(conversation.ids(said, think=thinks), state)
        if thinks:
            yield from think(self._model, state, lambda: False)
        made = yield from write(self._model, state, self.corpus.quotable, lambda: False)
        return Reply(made.text, (made.note,) if made.note else ())

    def shrink(self, error: ContextExceeded, given: Given) -> None:
        raise error

    def _state(self, given: Given, opening: list[int]) -> State:
        """The state that has read what is `given`: kept until something else is."""
        if not given.numbered:
            state = self._answerer.prefiller.state
            assert state is not None
            return state
        if self._read is None or self._read[0] is not given:
            ids = opening + self._model.tokenizer.encode(given.text)
            state = self._model.new_state(plan.yarn_factor_of(self._model, len(ids), ROOM))
            self._model.prefill(ids, state)
            self._read = given, state
        return self._read[1]


class RemoteWriter:
    """Sends numbered sentences; what does not fit the server's context is made smaller. Mutable: `budget`."""

    whole = False

    def __init__(self, answerer: RemoteAnswerer) -> None:
        self._answerer, self.unread = answerer, False
        self.corpus, self.evidence = answerer.corpus, answerer.evidence
        self.name = answerer.model.fingerprint
        self.budget = MOST_TOKENS

    def read(self) -> Iterator[Event]:
        self.unread = not (yield from read_evidence(self.evidence))

    def reply(self, given: Given, said: Sequence[str]) -> Generator[Event, None, Reply]:
        request, *rest = said
        roles = ("assistant", "user")
        turns = [{"role": roles[at % 2], "content": text} for at, text in enumerate(rest)]
        made = yield from self._answerer.write([*summary_prompt.messages(given.text, request), *turns])
        return Reply(made.text, made.notes)

    def shrink(self, error: ContextExceeded, given: Given) -> None:
        limit, sent = error.limit, len(self.corpus.tokenizer.encode(given.text))
        wanted = sent // 2
        if limit.context and limit.prompt:
            wanted = int(sent * _SAFE * (limit.context - LEAST_REPLY) / limit.prompt)
        self.budget = min(wanted, int(min(sent, self.budget) * _SAFE))
        if self.budget < _SMALLEST:
            hint = "start the server with a longer context"
            raise RemoteError(f"{error.message}; not even one passage fits", where=error.where, hint=hint) from error
