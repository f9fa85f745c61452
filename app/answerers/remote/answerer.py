"""Answers that a server writes: docqa chooses what it is given, and every statement of the reply is checked.

The server gets numbered sentences, of the whole document where it fits, and its text is kept as it was written; what
bears each statement out is found in the pages, and one reply is asked for again where nothing does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docqa.app.answer.answer import Answer, Cite, Quote, Usage
from docqa.app.answer.events import Event, Finished, Notice, Token
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.document_evidence import DocumentEvidence
from docqa.app.answerers.remote.client import Again
from docqa.app.answerers.remote.fitting import Fitting
from docqa.app.answerers.remote.model import RemoteModel
from docqa.app.answerers.remote.stream import ContextExceeded, End, RemoteError
from docqa.app.answerers.writing.checking import CheckedText
from docqa.app.answerers.writing.excerpts import Given
from docqa.app.answerers.writing.outcome import WrittenDraft, written_answer
from docqa.app.answerers.writing.repair import better, needs_repair, weak_words
from docqa.app.answerers.writing.replies import CUT, STOPPED, check_reply, without_repetition
from docqa.app.context.plan import Plan
from docqa.app.context.provenance import documents_hash
from docqa.app.errors import UsageError
from docqa.app.evidence.ranking import Ranked
from docqa.app.options import Options
from docqa.app.reading.candidates import Form
from docqa.app.storage.store import Store
from docqa.model.prompts.written_prompt import Question, messages, repair

if TYPE_CHECKING:
    from docqa.model.prompts.conversation import Turn

_LOOKED_AFTER = 400
"""Characters between two looks at a reply for repetitions: a model that loops is not waited for."""


@dataclass(frozen=True)
class RemoteTurn:
    """The last question, and what came of it; `words`: what passages were looked for by; `checked` None where the model
    says that nothing answers."""

    question: str
    words: str
    ranked: list[Ranked]
    given: Given
    checked: CheckedText | None
    tokens_sent: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RemoteReply:
    """A reply, the tokens of its prompt as the server counts them (0: it does not say), and how it ended."""

    text: str
    prompt_tokens: int
    notes: tuple[str, ...] = ()


class RemoteAnswerer:
    """Asks a server about one Corpus. The bundled model reads the documents, to choose and to check.

    Mutable: it has the last question.
    """

    def __init__(self, corpus: Corpus, model: RemoteModel, options: Options, store: Store | None = None) -> None:
        self.corpus, self.model, self.options = corpus, model, options
        self.evidence = DocumentEvidence(corpus, options, store)
        self._last: RemoteTurn | None = None
        self._writing = self._stopped = False

    @property
    def plan(self) -> Plan:
        """Raises UsageError: reading is the server's, and so are its time and memory."""
        raise UsageError(
            f"{self.model.address} reads nothing on this machine", hint="`docqa plan` is for models that run here"
        )

    def read(self) -> Iterator[Event]:
        """Let the bundled model read the documents, or take up what is kept of that; the server is sent nothing."""
        yield from self.evidence.read()

    def close(self) -> None:
        """Keep the whole blocks of a read that was left."""
        self.evidence.close()

    def ask(self, question: str, earlier: Sequence[Turn] = ()) -> Iterator[Event]:
        """Answer `question`, behind the turns before it. Raises RemoteError where the server does not."""
        started = time.monotonic()
        if not self.options.quick:
            yield from self.evidence.read()
        yield from self._send(question, quick=self.options.quick, earlier=earlier)
        yield Finished(self._answer(self._turn(question), started, quick=self.options.quick))

    def preview(self, question: str) -> Answer:
        """An answer from the passages that the question's words find, status `partial`."""
        started = time.monotonic()
        for _ in self._send(question, quick=True):
            pass
        return self._answer(self._turn(question), started, quick=True)

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int) -> Answer:
        """An answer from other passages than those in `without`; the server is asked again."""
        started = time.monotonic()
        shown = [cite for quote in without for cite in quote.cites]
        for _ in self._send(question, quick=self.options.quick, without=shown):
            pass
        return self._answer(self._turn(question), started, quick=self.options.quick, nearest=nearest)

    def stop_writing(self) -> bool:
        """End the text that is being written, so that what there is becomes the answer; False where none is."""
        stops = self._writing and not self._stopped
        self._stopped = self._stopped or stops
        return stops

    def rank(self, question: str) -> list[Ranked]:
        """All passages for `question`, best first, after `read`."""
        return self.evidence.rank(question, unread=self.options.quick)

    def write(self, sent: list[dict[str, str]]) -> Generator[Event, None, RemoteReply]:
        """What the model writes, its thought apart. Raises RemoteError where there is no answer in it."""
        parts: list[str] = []
        looked = 0
        end = End("stop")
        self._writing = True
        try:
            for piece in self.model.client.complete(sent, self.options.think):
                if self._stopped:
                    break
                if isinstance(piece, Token):
                    if not piece.thought:
                        parts.append(piece.text)
                    yield piece
                elif isinstance(piece, End):
                    end = piece
                else:
                    parts.clear()
                    if isinstance(piece, Again):
                        yield Notice(piece.reason)
                if (length := sum(map(len, parts))) > looked + _LOOKED_AFTER:
                    looked = length
                    if without_repetition("".join(parts)) is not None:
                        break
        finally:
            self._writing = False
        text = "".join(parts)
        notes = (STOPPED,) if self._stopped else self._check_end(end, text)
        return RemoteReply(text, end.prompt_tokens, notes)

    # Parts

    def _turn(self, question: str) -> RemoteTurn:
        assert self._last is not None
        assert self._last.question == question
        return self._last

    def _send(
        self, question: str, *, quick: bool, earlier: Sequence[Turn] = (), without: Sequence[Cite] = ()
    ) -> Iterator[Event]:
        """Send the question with what fits, check what comes back and let it be mended once; yields what the model
        writes meanwhile. Passages are looked for by the words of the turn before, too."""
        self._stopped = False
        words = f"{earlier[-1].question} {question}" if earlier else question
        ranked = self.evidence.rank(words, unread=quick)
        usable = [item for item in ranked if not self._shows(item, without)]
        fitting = Fitting(question, self.corpus, usable, self.options.k)
        if not fitting.chosen:
            self._last = RemoteTurn(question, words, ranked, fitting.given, None, 0)
            return
        near, form = self.evidence.nearest(words, unread=quick), self.evidence.form(words, unread=quick)

        def put(given: Given) -> Question:
            return Question(question, form, given.nearest(near))

        written = yield from self._first_reply(fitting, put, earlier)
        given = fitting.given
        sent = _messages(given, put(given), earlier)
        count = written.prompt_tokens or sum(len(self.model.tokenizer.encode(each["content"])) for each in sent)
        checked, notes = self._checked(written.text, given, question, words)
        if checked is not None and needs_repair(checked) and not quick and not self._stopped:
            checked, notes = yield from self._mended(put(given), words, given, sent, written, checked, notes)
        self._last = RemoteTurn(question, words, ranked, given, checked, count, (*written.notes, *notes))

    def _first_reply(
        self, fitting: Fitting, put: Callable[[Given], Question], earlier: Sequence[Turn]
    ) -> Generator[Event, None, RemoteReply]:
        """The reply to as much as the server's context has room for."""
        while True:
            try:
                return (yield from self.write(_messages(fitting.given, put(fitting.given), earlier)))
            except ContextExceeded as error:
                fitting.shrink(error)

    def _mended(
        self, put: Question, words: str, given: Given, sent: list[dict[str, str]], written: RemoteReply,
        checked: CheckedText, notes: tuple[str, ...],
    ) -> Generator[Event, None, tuple[CheckedText | None, tuple[str, ...]]]:  # fmt: skip
        """The better of a reply and what the model makes of it when it is shown what nothing bears out."""
        yield Notice("the model is asked to cite or withdraw what no quote supports")
        try:
            again = yield from self.write([*sent, *repair(written.text, put, weak_words(checked))])
        except RemoteError as error:  # the first reply is there, whatever becomes of the second
            yield Notice(f"{error}; its first answer is kept")
            return checked, notes
        if self._stopped:  # half of a second reply says less than the whole first one
            return checked, (*notes, STOPPED)
        second, more = self._checked(again.text, given, put.text, words)
        return (second, more) if better(second, checked) else (checked, notes)

    def _checked(
        self, text: str, given: Given, question: str, words: str
    ) -> tuple[CheckedText | None, tuple[str, ...]]:
        """(the statements of a reply with what bears them out, None where it has none; what to say of it)."""
        evidence = self.evidence
        return check_reply(text, given, self.corpus, question, evidence.judge, evidence.answering(words))

    def _check_end(self, end: End, text: str) -> tuple[str, ...]:
        """What there is to say about how the reply ended. Raises RemoteError where there is no answer in it."""
        if end.finish == "content_filter":
            raise RemoteError("the server's filter stopped the answer", where=str(self.model.address))
        if end.finish == "length" and not text.strip():
            hint = "docqa chat --no-think, or another model"
            raise RemoteError("the model thought until its reply was full", where=str(self.model.address), hint=hint)
        return (CUT,) if end.finish == "length" else ()

    def _shows(self, item: Ranked, cites: Sequence[Cite]) -> bool:
        """Whether a passage has words at one of `cites`."""
        placed = self.corpus.context.passages[item.index]
        document, passage = self.corpus.documents[placed.document], placed.passage
        return any(
            cite.file == document.path and (cite.page or 1) == passage.page
            and cite.start < passage.end and passage.start < cite.end
            for cite in cites
        )  # fmt: skip

    def _answer(self, turn: RemoteTurn, started: float, *, quick: bool, nearest: int = 0) -> Answer:
        evidence, passages = self.evidence, self.corpus.context.passages
        read = [passages[index] for index in turn.given.passages]
        good = turn.checked.good if turn.checked is not None else []
        places = [span for item in good for quote in item.quotes for span in quote]
        tokens_read = sum(placed.token_end - placed.token_start for placed in read)
        draft = WrittenDraft(
            question=turn.question,
            checked=turn.checked,
            ranked=turn.ranked[nearest : nearest + self.options.listed],
            relevance=evidence.relevance(turn.words, places) if places else 0.0,
            first=evidence.first_chance(turn.words, unread=quick),
            reader=evidence.own_chance(turn.words, unread=quick),
            preliminary=quick,
            yes_no=bool(passages) and evidence.form(turn.words, unread=quick) is Form.YES_NO,
            coverage=self.corpus.coverage(tokens_read, *turn.notes),
            usage=Usage(turn.tokens_sent, 0, round(time.monotonic() - started, 3), False),
            provenance=self._provenance(turn.given),
        )
        return written_answer(draft, self.corpus.context)

    def _provenance(self, given: Given) -> dict[str, object]:
        from docqa.ingest.read import INGEST_VERSION

        chosen = {"base_url": self.model.address.base_url, "from": "whole" if given.whole else "passages"}
        return {
            "document": documents_hash(self.corpus.documents),
            "model": self.model.fingerprint,
            "ingest": INGEST_VERSION,
            "state_format": "none",
            "attention": "none",
            "yarn_factor": 1.0,
            "options": self.options.recorded() | chosen,
        }


def _messages(given: Given, question: Question, earlier: Sequence[Turn]) -> list[dict[str, str]]:
    """The chat of a question, the turns before it in between."""
    first, last = messages(given.text, question)
    turns = [(("user", turn.question), ("assistant", turn.answer)) for turn in earlier]
    return [first, *({"role": role, "content": text} for turn in turns for role, text in turn), last]
