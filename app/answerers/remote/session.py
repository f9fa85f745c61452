"""A Session whose answers a server writes: BM25 picks passages, what comes back is looked up in the pages."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from docqa.app.answer.answer import Answer, CoverageReport, Quote, Usage
from docqa.app.answer.events import Event, Finished, Notice, Token
from docqa.app.answerers import compose
from docqa.app.answerers.remote.client import Again
from docqa.app.answerers.remote.errors import RemoteError
from docqa.app.answerers.remote.reply import Reply, check_reply
from docqa.app.answerers.remote.stream import Delta, End
from docqa.app.context.provenance import documents_hash
from docqa.app.errors import UsageError
from docqa.app.evidence.ranking import Ranked, rank
from docqa.app.evidence.terms import terms
from docqa.app.reading import answerability as refusal
from docqa.app.reading.copying import Candidates, Excerpt, excerpt
from docqa.app.reading.shown import ShownAnswers
from docqa.app.session.session import Session


@dataclass(frozen=True)
class RemoteTurn:
    """The last question, and what came of it."""

    question: str
    ranked: list[Ranked]
    excerpts: list[Excerpt]
    reply: Reply
    tokens_sent: int
    notes: tuple[str, ...] = ()


class RemoteSession(Session):
    """One context of documents, asked of a server. Nothing is read ahead and no state is kept."""

    _asked_last: RemoteTurn | None = None

    # Reading and asking

    def read(self) -> Iterator[Event]:
        """There is nothing to read ahead: passages go out with each question."""
        yield from self._tell()

    def ask(self, question: str) -> Iterator[Event]:
        """Answer `question` from the best passages by its words. Raises RemoteError where the server does not."""
        asked = self._checked(question)
        yield from self._tell()
        started = time.monotonic()
        yield from self._send(asked)
        yield Finished(self._answer_of(started))

    def preview(self, question: str) -> Answer:
        """The same answer, status `partial`; there is no quicker one."""
        started = time.monotonic()
        for _ in self._send(self._checked(question)):
            pass
        return self._answer_of(started, preliminary=True)

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int = 0) -> Answer:
        """The next candidate of the reply to `question` without those in `without`; asked anew after a restart."""
        asked, started = self._checked(question), time.monotonic()
        if self._asked_last is None or self._asked_last.question != asked:
            for _ in self._send(asked):
                pass
        return self._answer_of(started, without=ShownAnswers.of(without), nearest=nearest)

    def rank(self, question: str) -> list[Ranked]:
        """All passages for `question`, best first, by its words."""
        return rank(question, self.index)

    @property
    def plan(self) -> Any:
        """Raises UsageError: reading is the server's, and so are its time and memory."""
        raise UsageError(
            f"{self.model.address} reads nothing on this machine", hint="`docqa plan` is for models that run here"
        )

    # Parts

    def _tell(self) -> Iterator[Event]:
        if not self._told:
            yield Notice(self.model.notice())
        yield from super()._tell()

    def _send(self, question: str) -> Iterator[Event]:
        """Send the question with its passages and check what comes back; yields what the model writes meanwhile."""
        from docqa.model.prompts.chat_prompt import messages

        ranked = rank(question, self.index)
        wanted = set(terms(question))
        shown = [excerpt(self.context, item.index, wanted, self.index) for item in ranked[: self.options.k]]
        if not shown:
            self._asked_last = RemoteTurn(question, ranked, shown, Reply(True), 0)
            return
        sent = messages([item.text for item in shown], question)
        parts: list[str] = []
        end = End("stop")
        for piece in self.model.client.complete(sent, self.options.think):
            if isinstance(piece, Delta):
                if not piece.thought:
                    parts.append(piece.text)
                yield Token(piece.text, piece.thought)
            elif isinstance(piece, End):
                end = piece
            else:
                parts.clear()
                if isinstance(piece, Again):
                    yield Notice(piece.reason)
        notes = self._check_end(end, "".join(parts))
        reply = check_reply("".join(parts), shown, question, self.context, self.index, self.verifier)
        count = end.prompt_tokens or sum(len(self.model.tokenizer.encode(message["content"])) for message in sent)
        self._asked_last = RemoteTurn(question, ranked, shown, reply, count, notes)

    def _check_end(self, end: End, text: str) -> tuple[str, ...]:
        """What there is to say about how the reply ended. Raises RemoteError where there is no answer in it."""
        if end.finish == "content_filter":
            raise RemoteError("the server's filter stopped the answer", where=str(self.model.address))
        if end.finish == "length" and not text.strip():
            hint = "docqa chat --no-think, or another model"
            raise RemoteError("the model thought until its reply was full", where=str(self.model.address), hint=hint)
        return ("the model's reply was cut at its longest length",) if end.finish == "length" else ()

    def _answer_of(
        self, started: float, *, without: ShownAnswers | None = None, nearest: int = 0, preliminary: bool = False
    ) -> Answer:
        asked = self._asked_last
        assert asked is not None
        candidates = asked.reply.candidates
        if without is not None:
            candidates = tuple(one for one in candidates if not without.hold(one, self.documents))
        reading = Candidates(tuple(asked.excerpts), candidates, None, asked.tokens_sent)
        likely = self._likely(asked, reading)
        refused = asked.reply.refused or not candidates
        found = compose.AnswerDraft(
            question=asked.question,
            ranked=asked.ranked[nearest : nearest + max(self.options.k, 3)],
            reading=reading,
            probability=likely,
            refused=refused,
            preliminary=preliminary or self.options.quick,
            coverage=self._coverage_of(asked),
            usage=Usage(asked.tokens_sent, 0, round(time.monotonic() - started, 3), False),
            provenance=self._provenance(),
            also=asked.reply.also if without is None else (),
        )
        return compose.compose(found, self.context, self.verifier)

    def _likely(self, asked: RemoteTurn, reading: Candidates) -> float:
        """How likely the question is answered: half by the question's words in the passages, half by what was verified.

        No server says how sure its model is in a way that compares with another's, so this is a rule and not measured.
        """
        values = refusal.features(asked.question, self.context, self.index, asked.ranked, reading)
        words = refusal.probability(values, None)
        return words / 2 + asked.reply.verified / 2 if reading.candidates else words / 2

    def _coverage_of(self, asked: RemoteTurn) -> CoverageReport:
        whole = self._coverage(preliminary=False)
        read = {item.passage for item in asked.excerpts}
        tokens = sum(
            self.context.passages[index].token_end - self.context.passages[index].token_start for index in sorted(read)
        )
        return replace(whole, tokens_read=tokens, warnings=(*whole.warnings, *asked.notes, *asked.reply.notes))

    def _provenance(self) -> dict[str, Any]:
        from docqa.ingest.read import INGEST_VERSION

        return {
            "document": documents_hash(self.documents),
            "model": self.model.fingerprint,
            "ingest": INGEST_VERSION,
            "state_format": "none",
            "attention": "none",
            "yarn_factor": 1.0,
            "options": self.options.recorded() | {"base_url": self.model.address.base_url},
        }
