"""Answers that a model writes: docqa chooses what it is given, checks every statement of its text,
finds what bears it out in the pages, and asks once again where nothing does."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from docqa.app.answer.answer import Answer, Quote, Usage
from docqa.app.answer.confidence import SURE_OWN
from docqa.app.answer.events import Event, Finished, Notice, Preview
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.facts.facts import FactKind
from docqa.app.options import Options
from docqa.app.places.scope import find_scope
from docqa.app.reading.candidates import ANYTHING, AnswerForm, AnswerRequirements
from docqa.model.heads.question_heads import QuestionKind
from docqa.model.prompts.conversation import EXCERPTS, PASSAGES, VALUE, WHOLE
from docqa.model.prompts.written_prompt import PromptQuestion

from .answerer import Reply, Replying, TextGenerator
from .compose import Draft
from .corpus import Corpus
from .document_evidence import DocumentEvidence, QuestionEvidence
from .local import LocalPrefill, seconds_since
from .writing.checking import MENDING, Checked, check_and_mend, check_text
from .writing.excerpts import (
    Given,
    choose_passages,
    number_all_sentences,
    number_sentences_of_passages,
    passages_asked_about,
)
from .writing.outcome import written_answer
from .writing.replies import read_reply

OWN = "nothing bears out what the model wrote: docqa's own reader answers"
# tokens of passages; most where the reader is not sure of its own answer
_MOST_GIVEN = 3_000
_LEAST_GIVEN = 600
_MOST_BEARING = 4  # passages that may bear out what was written, by its words


@dataclass(frozen=True)
class AskedToWrite:
    """A question on its way; `found`: what docqa's own reader makes of it, `usable` the passages
    that may be given, `whole`: it is answered from the whole, read into the model, `value`: with a
    value alone."""

    question: str
    value: bool
    found: QuestionEvidence
    usable: list[RankedPassage]
    whole: bool
    started: float


@dataclass
class WritingAnswerer:
    """`evidence`: the same documents read by the bundled reader, which ranks passages and judges
    statements. Mutable: it knows whether a text is being written."""

    corpus: Corpus
    evidence: DocumentEvidence
    generator: TextGenerator
    options: Options
    _writing: bool = False
    _stopped: bool = False
    _all: Given | None = None

    @property
    def reading(self) -> LocalPrefill:
        """What reads whole documents on this machine: the model, or the bundled one where a server
        has the model.
        """
        return self.generator.reading or self.evidence.own.reading

    def close(self) -> None:
        """Keep the whole blocks of reads that were left."""
        for reading in dict.fromkeys((self.evidence.own.reading, self.reading)):
            reading.close()

    def ask(self, question: str, wanted: AnswerRequirements = ANYTHING) -> Iterator[Event]:
        """What the model thinks and writes, and Finished; where reading takes long a preview first,
        by the bundled reader where the model runs here."""
        if self.options.quick and self.generator.reading:
            yield Finished(self.evidence.own.preview(question))
            return
        whole = self.generator.whole and bool(self.corpus.context.passages)
        if whole and self.options.preview and self.reading.is_prefill_slow:
            yield Preview(self.evidence.own.preview(question))
        yield Finished((yield from self._write_answer(question, wanted, whole=whole)))

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int) -> Answer:
        """An answer written from other passages than those in `without`, without the first
        `nearest` of evidence; by the bundled reader where none is left."""
        writing = self._write_answer(question, without=without, nearest=nearest)
        while True:
            try:
                next(writing)  # what happens on the way is not shown
            except StopIteration as end:
                answer: Answer = end.value
                return answer

    def ranked_passages(self, question: str) -> list[RankedPassage]:
        unread = self.options.quick or self.generator.whole
        return self.evidence.evidence_for_question(question, unread=unread).ranked

    def stop_writing(self) -> bool:
        """End the text that is being written, so that what there is becomes the answer; False where
        none is.
        """
        stops = self._writing and not self._stopped
        self._stopped = self._stopped or stops
        return stops

    # Parts

    def _write_answer(
        self,
        question: str,
        wanted: AnswerRequirements = ANYTHING,
        *,
        whole: bool = False,
        without: Sequence[Quote] = (),
        nearest: int = 0,
    ) -> Generator[Event, None, Answer]:
        started = time.monotonic()
        self._stopped = False
        unread = whole or self.options.quick or not self.corpus.context.passages
        if whole:
            yield from self.reading.prefill_documents()
        elif not unread:
            yield from self.evidence.own.reading.prefill_documents()
        found = self.evidence.evidence_for_question(question, unread=unread)
        usable = [item for item in found.ranked if not self._has_words_of_quotes(item, without)]
        if without and not usable:
            return self.evidence.own.ask_again(question, without, nearest)
        asked = AskedToWrite(
            question, wanted.kind not in (None, FactKind.YES_NO), found, usable, whole, started
        )
        given = self._choose_given_text(asked)
        reply: Reply | None = None
        if given.passages:
            reply = yield from self._generate_reply(asked, given)
        checked: Checked = None, ()
        if reply:
            checked = yield from check_and_mend(
                reply,
                lambda each: self._check_and_mend_reply(asked, given, each),
                lambda text, weak: self._generate_reply(asked, given, text, weak),
                lambda: self._stopped or self.options.quick,
            )
        answer = self._answer_from_checked_reply(asked, given, reply or Reply(""), checked, nearest)
        if (
            not answer.refused
            or not self.generator.reading
            or whole
            or asked.value
            or self.options.quick
        ):
            return answer
        own = self.evidence.own.ask_again(question, without, nearest)
        shown = replace(
            own,
            coverage=own.coverage.with_warnings(OWN),
            usage=answer.usage,
            provenance=answer.provenance,
        )
        return shown if own.confidence >= SURE_OWN and not own.refused else answer

    def _generate_reply(
        self, asked: AskedToWrite, given: Given, text: str = "", weak: Sequence[str] = ()
    ) -> Replying:
        """The reply to the question or, after a first `text`, to its `weak` sentences."""
        if weak:
            yield Notice(MENDING)
        sent = VALUE if asked.value else PASSAGES
        form = WHOLE if not given.numbered else EXCERPTS if self.generator.reading else sent
        put = PromptQuestion(
            asked.question, asked.found.form, given.numbered_sentences_at(asked.found.nearest)
        )
        said = [form.asked(put), *([text, form.mend(put, weak)] if weak else [])]
        self._writing = True
        try:
            return (yield from self.generator.reply(form, given, said, lambda: self._stopped))
        finally:
            self._writing = False

    def _choose_given_text(self, asked: AskedToWrite, tokens: int | None = None) -> Given:
        """All of the documents, or numbered sentences of at most so many tokens, by default as the
        reader is sure.
        """
        if asked.whole:
            self._all = self._all or number_all_sentences(self.corpus.context)
            return self._all
        context = self.corpus.context
        scope = find_scope(asked.question, self.corpus.documents)
        each = self._asks_each_document(asked.question)
        if tokens is None:
            tokens = self.generator.budget
            sure = asked.found.chances[1]
            if self.options.k is None and not each:
                tokens = min(tokens, round(_MOST_GIVEN - (_MOST_GIVEN - _LEAST_GIVEN) * sure))
        chosen = choose_passages(context, asked.usable, scope, tokens, self.options.k, each=each)
        return number_sentences_of_passages(
            context, chosen, whole=set(passages_asked_about(context, scope)) <= set(chosen)
        )

    def _asks_each_document(self, question: str) -> bool:
        """Whether a question about several documents wants an answer from each of them."""
        wanted = (
            self.evidence.reader.parse_question_of_several(question)
            if len(self.corpus.documents) > 1
            else None
        )
        return bool(wanted and wanted.kind is not QuestionKind.ONE)

    def _check_and_mend_reply(self, asked: AskedToWrite, given: Given, reply: Reply) -> Checked:
        read = read_reply(reply.text, given, self.evidence.reader.is_refusal)
        if not read.written:
            return None, (*reply.notes, *read.notes)
        told = (
            self.corpus.ranked_by_words(words)[:_MOST_BEARING]
            for words in (reply.text, f"{asked.question} {reply.text}")
        )
        usable = {item.passage_number: item for item in (*chain(*told), *asked.usable)}
        pool = self._choose_given_text(
            replace(asked, usable=list(usable.values())), self.generator.budget
        )
        question = self.evidence.question_for_judging(
            asked.found, is_small_model=self.generator.reading is not None
        )
        checked = check_text(
            read.written,
            given,
            self.corpus,
            asked.question,
            self.evidence.judge_support,
            question,
            pool,
        )
        return checked, (*reply.notes, *read.notes, *checked.notes)

    def _answer_from_checked_reply(
        self, asked: AskedToWrite, given: Given, reply: Reply, checked: Checked, nearest: int
    ) -> Answer:
        found, (text, notes), context = asked.found, checked, self.corpus.context
        shown = [context.passages[index] for index in given.passages]
        tokens = sum(placed.token_end - placed.token_start for placed in shown)
        if shown and len(shown) == len(context.passages):
            tokens = len(context)
        usage = Usage(reply.tokens_sent or tokens, 0, seconds_since(asked.started), False)
        draft = Draft(
            question=asked.question,
            ranked=found.ranked[nearest : nearest + self.options.listed_passages],
            coverage=self.corpus.coverage_report(tokens, *notes),
            usage=self.reading.usage_since_start(asked.started) if asked.whole else usage,
            provenance=self.generator.provenance(given, tokens),
            preliminary=self.options.quick,
            missing=self.corpus.missing_words(asked.question),
        )
        return written_answer(
            draft, text, found.chances[0], context, yes_no=found.form is AnswerForm.YES_NO
        )

    def _has_words_of_quotes(self, item: RankedPassage, quotes: Sequence[Quote]) -> bool:
        """Whether a passage has words of one of `quotes`."""
        placed = self.corpus.context.passages[item.passage_number]
        file = self.corpus.documents[placed.document].path
        passage = placed.passage
        cites = (cite for quote in quotes for cite in quote.cites)
        return any(
            cite.touches_span(file, passage.page, passage.start, passage.end) for cite in cites
        )
