"""Answers that a checkpoint writes here: from its state of the whole documents, or from numbered sentences of them."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from docqa.app.answer.answer import Answer, Quote, Usage
from docqa.app.answer.events import Event, Finished, Notice, Preview
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.document_evidence import DocumentEvidence
from docqa.app.answerers.local import LocalReading
from docqa.app.answerers.writing.checking import CheckedText
from docqa.app.answerers.writing.excerpts import MOST_TOKENS, Given, choose_passages, give, give_all, is_whole
from docqa.app.answerers.writing.generation import Reply, think, write
from docqa.app.answerers.writing.outcome import WrittenDraft, written_answer
from docqa.app.answerers.writing.repair import better, needs_repair, weak_words
from docqa.app.answerers.writing.replies import STOPPED, check_reply
from docqa.app.context import plan
from docqa.app.context.provenance import Profile, answer_provenance, profile_of
from docqa.app.evidence.ranking import Ranked
from docqa.app.options import Options
from docqa.app.places.scope import scope_of
from docqa.app.reading.candidates import Form
from docqa.app.storage.store import Store
from docqa.model.errors import ContextTooLong
from docqa.model.prompts.written_prompt import Question

if TYPE_CHECKING:
    from docqa.model.prompts.chat_template import ChatTemplate
    from docqa.model.prompts.conversation import Conversation, Turn
    from docqa.model.protocol import Model
    from docqa.model.state.state import State

WHOLE_TOKENS = 8_192
"""Documents of at most so many tokens are read as a whole where nothing else is asked for."""
ROOM = 4_096
"""Tokens for a question, the turns before it, a thought and the answer."""
LEAST_TOKENS = 1_024
"""Tokens of passages that a model is given however short its context is."""
_MENDING = "the model is asked to cite or withdraw what no quote supports"


@dataclass(frozen=True)
class _Asked:
    """One question on its way: what the model is `given`, and whether that is the `whole`, read into the state;
    `words`: what passages are looked for with."""

    question: str
    words: str
    given: Given
    whole: bool
    started: float


class WritingAnswerer(LocalReading):
    """Mutable: it has the state of the documents, and whether a text is being written.

    `evidence` has the same documents as the bundled reader reads them: it ranks passages and judges statements.
    """

    def __init__(
        self, corpus: Corpus, evidence: DocumentEvidence, model: Model, template: ChatTemplate, options: Options,
        store: Store | None,
    ) -> None:  # fmt: skip
        super().__init__(corpus, model, options, store)
        self.evidence, self._template = evidence, template
        self._writing = self._stopped = False

    # Reading

    @cached_property
    def yarn_factor(self) -> float:
        return plan.yarn_factor_of(self.model, len(self.corpus.context), ROOM)

    @cached_property
    def profile(self) -> Profile:
        from docqa.model.prompts.conversation import CONVERSATION_LAYOUT

        return profile_of(self.model, self.yarn_factor, CONVERSATION_LAYOUT)

    @property
    def answers_from_whole(self) -> bool:
        """Whether the next question is answered from all of the documents: as it is asked for; by default where they
        were read into this model before, or are short and fit it."""
        if self.options.source != "auto":
            return self.options.source == "whole"
        tokens = len(self.corpus.context)
        if tokens <= WHOLE_TOKENS and plan.fits(self.model, tokens, ROOM):
            return True
        try:
            return self.prefiller.finished or self.prefiller.reusable_tokens() == tokens
        except ContextTooLong:
            return False

    def close(self) -> None:
        """Keep the whole blocks of reads that were left."""
        super().close()
        self.evidence.close()

    # Asking

    def ask(self, question: str, earlier: Sequence[Turn] = ()) -> Iterator[Event]:
        """A preview first where reading takes long; then reading, what the model thinks and writes, and Finished."""
        if self.options.quick or not self.corpus.context.passages:
            yield Finished(self.preview(question))
            return
        whole = self.answers_from_whole
        long = whole and not self.prefiller.finished and self.plan.seconds > plan.PREVIEW_FROM_SECONDS
        if long and self.options.preview:
            yield Preview(self.preview(question))
        asked = yield from self._prepare(question, whole, earlier)
        self._stopped = False
        base = self._opened(asked)
        conversation = self._conversation(whole=whole)
        put = self._question(asked)
        said = conversation.said(put, earlier)
        reply = yield from self._reply(base, conversation, said)
        checked, notes = self._checked(asked, reply)
        if checked is not None and needs_repair(checked) and not self._stopped:
            yield Notice(_MENDING)
            said += [reply.text, conversation.form.mend(put, weak_words(checked))]
            again = yield from self._reply(base, conversation, said)
            second, more = self._checked(asked, again)
            if self._stopped:  # half of a second reply says less than the whole first one
                notes = (*notes, STOPPED)
            elif better(second, checked):
                checked, notes = second, more
        yield Finished(self._answer(asked, checked, notes))

    def preview(self, question: str) -> Answer:
        """The bundled reader's preliminary answer: it reads passages while this model would still read the first."""
        return self.evidence.preview(question)

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int) -> Answer:
        """The bundled reader's next answer that is in none of `without`."""
        for _ in self.evidence.read():
            pass
        return self.evidence.ask_again(question, without, nearest)

    def rank(self, question: str) -> list[Ranked]:
        """All passages for `question`, best first."""
        return self.evidence.rank(question, unread=self.answers_from_whole)

    def stop_writing(self) -> bool:
        """End the text that is being written, so that what there is becomes the answer; False where none is."""
        stops = self._writing and not self._stopped
        self._stopped = self._stopped or stops
        return stops

    def _ends(self) -> bool:
        return self._stopped

    # Parts

    def _prepare(self, question: str, whole: bool, earlier: Sequence[Turn]) -> Generator[Event, None, _Asked]:
        """Read what the answer is to be written from; passages are looked for by the words of the turn before, too."""
        started = time.monotonic()
        words = f"{earlier[-1].question} {question}" if earlier else question
        if whole:
            yield from self.prefiller.read()
            return _Asked(question, words, self._all, True, started)
        yield from self.evidence.read()
        context, scope = self.corpus.context, scope_of(question, self.corpus.documents)
        tokens = min(MOST_TOKENS, max(self.model.config.native_context - ROOM, LEAST_TOKENS))
        chosen = choose_passages(question, context, self.evidence.rank(words), scope, tokens, self.options.k)
        given = give(context, chosen, whole=is_whole(context, chosen, scope))
        return _Asked(question, words, given, False, started)

    def _question(self, asked: _Asked) -> Question:
        """The question as it is put to the model, with the sentences that the reader would answer from."""
        words, unread = asked.words, asked.whole
        near = asked.given.nearest(self.evidence.nearest(words, unread=unread))
        return Question(asked.question, self.evidence.form(words, unread=unread), near)

    @cached_property
    def _all(self) -> Given:
        return give_all(self.corpus.context)

    def _opened(self, asked: _Asked) -> State:
        """The state that has read what the answer is written from."""
        if asked.whole:
            assert self.prefiller.state is not None
            return self.prefiller.state
        tokenizer = self.model.tokenizer
        ids = self._conversation(whole=False).opening() + tokenizer.encode(asked.given.text)
        state = self.model.new_state(plan.yarn_factor_of(self.model, len(ids), ROOM))
        self.model.prefill(ids, state)
        return state

    def _reply(self, base: State, conversation: Conversation, said: Sequence[str]) -> Generator[Event, None, Reply]:
        """What the model writes in a state of its own behind what was `said` in turn, after a thought where it thinks.
        """
        thinks = self._template.thinks(self.options.think)
        state = base.fork()
        self.model.prefill(conversation.ids(said, think=thinks), state)
        self._writing = True
        try:
            if thinks:
                yield from think(self.model, state, self._ends)
            return (yield from write(self.model, state, self.corpus.quotable, self._ends))
        finally:
            self._writing = False

    def _checked(self, asked: _Asked, reply: Reply) -> tuple[CheckedText | None, tuple[str, ...]]:
        """(the statements of a reply with what bears them out, None where it has none; what to say of it)."""
        evidence = self.evidence
        checked, notes = check_reply(
            reply.text, asked.given, self.corpus, asked.question, evidence.judge, evidence.answering(asked.words)
        )
        return checked, tuple(filter(None, (reply.note, *notes)))

    def _conversation(self, *, whole: bool) -> Conversation:
        from docqa.model.prompts.conversation import PASSAGES, WHOLE, Conversation

        return Conversation(self._template, self.model.tokenizer, WHOLE if whole else PASSAGES)

    def _answer(self, asked: _Asked, checked: CheckedText | None, notes: Sequence[str]) -> Answer:
        evidence, words, unread = self.evidence, asked.words, asked.whole
        places = [place for item in checked.good for spans in item.quotes for place in spans] if checked else []
        draft = WrittenDraft(
            question=asked.question,
            checked=checked,
            ranked=evidence.rank(words, unread=unread)[: self.options.listed],
            relevance=evidence.relevance(words, places),
            first=evidence.first_chance(words, unread=unread),
            reader=evidence.own_chance(words, unread=unread),
            coverage=self.corpus.coverage(self._tokens_read(asked), *notes),
            usage=self._usage_of(asked),
            provenance=self._provenance(asked),
            yes_no=evidence.form(words, unread=unread) is Form.YES_NO,
        )
        return written_answer(draft, self.corpus.context)

    def _tokens_read(self, asked: _Asked) -> int:
        """Tokens of the documents that the answer rests on."""
        context = self.corpus.context
        if asked.whole or len(asked.given.passages) == len(context.passages):
            return len(context)
        given = (context.passages[index] for index in asked.given.passages)
        return sum(placed.token_end - placed.token_start for placed in given)

    def _usage_of(self, asked: _Asked) -> Usage:
        if asked.whole:
            return self.usage(asked.started)
        return Usage(self._tokens_read(asked), 0, round(time.monotonic() - asked.started, 3), False)

    def _provenance(self, asked: _Asked) -> dict[str, object]:
        from docqa.model.prompts.conversation import CONVERSATION_LAYOUT
        from docqa.model.state.long_attention import attention_kind

        tokens = self._tokens_read(asked)
        factor = self.yarn_factor if asked.whole else plan.yarn_factor_of(self.model, tokens, ROOM)
        profile = profile_of(self.model, factor, CONVERSATION_LAYOUT)
        options = {**self.options.recorded(), "from": "whole" if asked.whole else "passages"}
        kind = attention_kind(self.model.config, tokens)
        return answer_provenance(profile, self.corpus.documents, options, kind)
