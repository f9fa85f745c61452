"""Answers that a server writes: BM25 chooses passages, and what comes back is looked up in the pages."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docqa.app.answer.answer import Answer, Quote, Usage
from docqa.app.answer.events import Event, Finished, Notice, Token
from docqa.app.answerers import compose
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.remote.client import Again
from docqa.app.answerers.remote.model import RemoteModel
from docqa.app.answerers.remote.reply import Reply, check_reply
from docqa.app.answerers.remote.stream import End, RemoteError
from docqa.app.context.plan import Plan
from docqa.app.context.provenance import documents_hash
from docqa.app.errors import UsageError
from docqa.app.evidence.ranking import Ranked, rank
from docqa.app.options import Options
from docqa.app.reading import answerability
from docqa.app.reading.candidates import Candidates, Excerpt

if TYPE_CHECKING:
    from docqa.model.prompts.conversation import Turn

SENT_PASSAGES = 32
"""Passages that a server is sent where no number is asked for. Words alone find them: of 70 questions on the sample
documents the answer was among the first 5 for 50, 16 for 55, 32 for 65, 96 for 66; 32 are about 6,000 tokens."""


@dataclass(frozen=True)
class RemoteTurn:
    """The last question, and what came of it."""

    question: str
    ranked: list[Ranked]
    excerpts: list[Excerpt]
    reply: Reply
    tokens_sent: int
    notes: tuple[str, ...] = ()


class RemoteAnswerer:
    """Asks a server about one Corpus. Nothing is read ahead and no state is kept."""

    def __init__(self, corpus: Corpus, model: RemoteModel, options: Options) -> None:
        self.corpus, self.model, self.options = corpus, model, options
        self._last: RemoteTurn | None = None

    @property
    def plan(self) -> Plan:
        """Raises UsageError: reading is the server's, and so are its time and memory."""
        raise UsageError(
            f"{self.model.address} reads nothing on this machine", hint="`docqa plan` is for models that run here"
        )

    def read(self) -> Iterator[Event]:
        """There is nothing to read ahead: passages go out with each question."""
        return iter(())

    def ask(self, question: str, earlier: Sequence[Turn] = ()) -> Iterator[Event]:
        """Answer `question` from the best passages by its words. Raises RemoteError where the server does not."""
        started = time.monotonic()
        yield from self._send(question)
        yield Finished(self._answer(self._turn(question), started))

    def preview(self, question: str) -> Answer:
        """The same answer, status `partial`; there is no quicker one."""
        started = time.monotonic()
        for _ in self._send(question):
            pass
        return self._answer(self._turn(question), started, preliminary=True)

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int) -> Answer:
        """The next candidate of the reply to `question` without those in `without`; asked anew after a restart."""
        started = time.monotonic()
        if self._last is None or self._last.question != question:
            for _ in self._send(question):
                pass
        return self._answer(self._turn(question), started, without=without, nearest=nearest)

    def stop_writing(self) -> bool:
        """The server goes on; what it sends is not stopped here."""
        return False

    def rank(self, question: str) -> list[Ranked]:
        """All passages for `question`, best first, by its words."""
        return rank(question, self.corpus.index)

    # Parts

    def _turn(self, question: str) -> RemoteTurn:
        assert self._last is not None
        assert self._last.question == question
        return self._last

    def _send(self, question: str) -> Iterator[Event]:
        """Send the question with its passages and check what comes back; yields what the model writes meanwhile."""
        from docqa.model.prompts.chat_prompt import messages

        corpus, ranked = self.corpus, self.rank(question)
        shown = corpus.excerpts(question, [item.index for item in ranked[: self.options.k or SENT_PASSAGES]])
        if not shown:
            self._last = RemoteTurn(question, ranked, shown, Reply(True), 0)
            return
        sent = messages([item.text for item in shown], question)
        parts: list[str] = []
        end = End("stop")
        for piece in self.model.client.complete(sent, self.options.think):
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
        notes = self._check_end(end, "".join(parts))
        reply = check_reply("".join(parts), shown, question, corpus.context, corpus.index, corpus.verifier)
        count = end.prompt_tokens or sum(len(self.model.tokenizer.encode(message["content"])) for message in sent)
        self._last = RemoteTurn(question, ranked, shown, reply, count, notes)

    def _check_end(self, end: End, text: str) -> tuple[str, ...]:
        """What there is to say about how the reply ended. Raises RemoteError where there is no answer in it."""
        if end.finish == "content_filter":
            raise RemoteError("the server's filter stopped the answer", where=str(self.model.address))
        if end.finish == "length" and not text.strip():
            hint = "docqa chat --no-think, or another model"
            raise RemoteError("the model thought until its reply was full", where=str(self.model.address), hint=hint)
        return ("the model's reply was cut at its longest length",) if end.finish == "length" else ()

    def _answer(
        self, turn: RemoteTurn, started: float, *, without: Sequence[Quote] | None = None, nearest: int = 0,
        preliminary: bool = False,
    ) -> Answer:  # fmt: skip
        found = Candidates(tuple(turn.excerpts), turn.reply.candidates, None, turn.tokens_sent)
        if without is not None:
            found = found.without(without, self.corpus.documents)
        passages = self.corpus.context.passages
        read = [passages[index] for index in sorted({item.passage for item in turn.excerpts})]
        tokens_read = sum(placed.token_end - placed.token_start for placed in read)
        draft = compose.AnswerDraft(
            question=turn.question,
            ranked=turn.ranked[nearest : nearest + self.options.listed],
            reading=found,
            probability=self._likely(turn, found),
            refused=turn.reply.refused or not found.candidates,
            preliminary=preliminary or self.options.quick,
            coverage=self.corpus.coverage(tokens_read, *turn.notes, *turn.reply.notes),
            usage=Usage(turn.tokens_sent, 0, round(time.monotonic() - started, 3), False),
            provenance=self._provenance(),
            also=turn.reply.also if without is None else (),
        )
        return compose.compose(draft, self.corpus.context)

    def _likely(self, turn: RemoteTurn, found: Candidates) -> float:
        """How likely the question is answered: half by the question's words in the passages, half by what was verified.

        No server says how sure its model is in a way that compares with another's, so this is a rule and not measured.
        """
        corpus = self.corpus
        values = answerability.features(turn.question, corpus.context, corpus.index, turn.ranked, found)
        words = answerability.probability(values, None)
        return words / 2 + turn.reply.verified / 2 if found.candidates else words / 2

    def _provenance(self) -> dict[str, object]:
        from docqa.ingest.read import INGEST_VERSION

        return {
            "document": documents_hash(self.corpus.documents),
            "model": self.model.fingerprint,
            "ingest": INGEST_VERSION,
            "state_format": "none",
            "attention": "none",
            "yarn_factor": 1.0,
            "options": self.options.recorded() | {"base_url": self.model.address.base_url},
        }
