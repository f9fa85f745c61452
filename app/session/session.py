"""Session: documents read once, asked many times, whatever answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from docqa.app.answer.answer import Answer, Quote
from docqa.app.answer.events import Event, Finished, Notice
from docqa.app.answerers.across import ask_documents_separately
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.extractive import ExtractiveAnswerer
from docqa.app.answerers.loading import bundled_model, find_model, writing_template
from docqa.app.answerers.local import LocalPrefill
from docqa.app.answerers.remote.address import Address, is_remote
from docqa.app.context.cached import DocumentPartsCache
from docqa.app.context.context import Context
from docqa.app.context.plan import Plan
from docqa.app.errors import UsageError
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.options import Options
from docqa.app.places.named import DocumentNames
from docqa.app.reading.candidates import ANYTHING, AnswerRequirements
from docqa.app.reading.wording.across import per_document_question
from docqa.app.storage.store import Store
from docqa.ingest.types import Document
from docqa.model.heads.question_heads import QuestionKind

if TYPE_CHECKING:
    from docqa.app.answerers.answerer import TextGenerator
    from docqa.app.answerers.written import WritingAnswerer
    from docqa.model.prompts.chat_template import ChatTemplate
    from docqa.model.protocol import Model


LONGEST_QUESTION = 4_000  # characters
_EXCERPTS = 36
_LEAST_EXCERPTS = 4
"""Read with a question to each document alone: in all, and of each at least."""


@dataclass(eq=False)
class Session:
    """One context of documents, in the order given; to be closed, or used in a `with`. `warnings`
    belong to every answer, `notices` are said once. `loaded_model`: one that is loaded.
    Mutable."""

    documents: tuple[Document, ...]
    options: Options
    store: Store | None
    warnings: list[str]
    notices: list[str]
    loaded_model: Model | None
    has_begun: bool = field(default=False, init=False)
    _cache_notices: list[str] = field(default_factory=list, init=False)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def make_session_for(self, documents: Sequence[Document]) -> Session:
        """A Session of some of these documents, with the same options and model."""
        return replace(self, documents=tuple(documents))

    def close(self) -> None:
        """Keep the whole blocks of a read that was left, and let other processes evict what was
        used.
        """
        made = vars(self)  # nothing is made to be closed
        for answerer in filter(None, (made.get("local"), made.get("writing"))):
            answerer.close()
        if self.store:
            self.store.unpin()

    @property
    def model(self) -> Model:
        """The model that answers; of a server's the bundled one, which reads for it."""
        if not self.loaded_model:
            self.loaded_model = find_model(self.options)
        return self.loaded_model

    @cached_property
    def _writing_template(self) -> ChatTemplate | None:
        return None if is_remote(self.options.model) else writing_template(self.model)

    @cached_property
    def corpus(self) -> Corpus:
        if not self._writing_template:
            return self._make_corpus(self.model)
        from docqa.model.prompts.conversation import TemplateConversation

        return self._make_corpus(
            self.model,
            TemplateConversation(self._writing_template, self.model.tokenizer).opening_ids(),
        )

    def _make_corpus(self, model: Model, opening: list[int] | None = None) -> Corpus:
        cache = (
            DocumentPartsCache(self.store, model.fingerprint, self._cache_notices)
            if self.store
            else None
        )
        return Corpus(self.documents, model.tokenizer, self.warnings, opening, cache)

    @property
    def answerer(self) -> ExtractiveAnswerer | WritingAnswerer:
        """What answers: `local`, or `writing` where the model writes."""
        return self.writing or self.local

    @cached_property
    def writing(self) -> WritingAnswerer | None:
        """What has a model write its answers, here or on a server; None for one that cuts them."""
        generator: TextGenerator
        if is_remote(self.options.model):
            from docqa.app.answerers.remote.generator import RemoteGenerator

            corpus = self.corpus
            generator = RemoteGenerator(self.corpus, self.options)
        elif self._writing_template:
            from docqa.app.answerers.local_generator import LocalGenerator

            corpus = self._make_corpus(bundled_model(self.options))
            generator = LocalGenerator(
                self.corpus, self.model, self._writing_template, self.options, self.store
            )
        else:
            return None
        from docqa.app.answerers.document_evidence import DocumentEvidence
        from docqa.app.answerers.written import WritingAnswerer

        evidence = DocumentEvidence(corpus, self.options, self.store)
        return WritingAnswerer(self.corpus, evidence, generator, self.options)

    @cached_property
    def local(self) -> ExtractiveAnswerer:
        """The answerer of a model that cuts answers from the documents. Raises UsageError for one
        that writes.
        """
        if self.writing:
            name = self.writing.generator.name
            raise UsageError(f"{name} writes its answers", hint="choose a model with a reader")
        reading = LocalPrefill(self.corpus, self.model, self.store, separate=True)
        return ExtractiveAnswerer(self.options, reading)

    @cached_property
    def single_document_answerers(self) -> list[ExtractiveAnswerer]:
        """An answerer of each document by itself, with the prefill that all share."""
        few = max(_LEAST_EXCERPTS, _EXCERPTS // len(self.documents))
        options = replace(self.options, k=self.options.k or few, preview=False)
        return [ExtractiveAnswerer(options, part) for part in self.local.reading.parts]

    @property
    def context(self) -> Context:
        return self.corpus.context

    @property
    def plan(self) -> Plan:
        return self.answerer.reading.plan

    def read(self) -> Iterator[Event]:
        """Read all documents into the model, or load what is cached. Closing the generator keeps
        whole blocks.
        """
        yield from self._first_notices()
        self.corpus.word_index  # noqa: B018 - so that no question has to wait until it is made
        yield from self._interleave_cache_notices(self.answerer.reading.prefill_documents())

    def ask(self, question: str, *, wanted: AnswerRequirements = ANYTHING) -> Iterator[Event]:
        """Answer `question`; the last event is Finished. Raises UsageError for an empty question.
        `wanted`: what the answer has to be."""
        asked = _require_nonempty_question(question)
        yield from self._first_notices()
        yield from self._interleave_cache_notices(self._answer_events(asked, wanted))

    def _answer_events(self, question: str, wanted: AnswerRequirements) -> Iterator[Event]:
        """Of the answerer of all documents, of the one that is meant, or of each by itself."""
        if len(self.documents) < 2 or self.writes or not self.model.reader:
            return self.answerer.ask(question, wanted)
        across = per_document_question(question, self.model.reader)
        meant = DocumentNames(self.documents).documents_meant_by(question)
        if len(meant) == 1 and (not across or across.kind is QuestionKind.EACH):
            return self.single_document_answerers[meant.pop()].ask(question, wanted)
        if not across:
            return self.answerer.ask(question, wanted)
        numbers = sorted(meant) if len(meant) > 1 else range(len(self.documents))
        return ask_documents_separately(
            across, question, self.corpus, self.single_document_answerers, numbers
        )

    def answer(self, question: str) -> Answer:
        """The final answer to `question`. Raises as `ask`."""
        return next(event.answer for event in self.ask(question) if isinstance(event, Finished))

    @property
    def writes(self) -> bool:
        return self.writing is not None

    def stop_writing(self) -> bool:
        """End the text that is being written: what there is of it becomes the answer. False where
        none is.
        """
        writing = vars(self).get("writing")
        return writing is not None and writing.stop_writing()

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int = 0) -> Answer:
        """The next answer that is in none of the quotes `without`, after an answer to the same
        question; `nearest`: how many passages of the ranking `evidence` passes over."""
        return self.answerer.ask_again(_require_nonempty_question(question), without, nearest)

    def is_follow_up(self, question: str) -> bool:
        """Whether a question cannot be understood without one before it; False without heads that
        tell.
        """
        reader = self.writing.evidence.reader if self.writing else self.model.reader
        return reader is not None and reader.needs_earlier_question(question)

    def ranked_passages(self, question: str) -> list[RankedPassage]:
        """All passages for `question`, best first, after `read`."""
        return self.answerer.ranked_passages(question)

    def _first_notices(self) -> Iterator[Event]:
        if not self.has_begun:
            self.has_begun = True
            if is_remote(self.options.model):
                yield Notice(
                    Address.from_model_name(
                        str(self.options.model), self.options.base_url
                    ).privacy_notice()
                )
            else:
                from docqa.kernels.self_check import library_damage

                yield from (Notice(words) for words in [library_damage()] if words)
            yield from (Notice(message) for message in [*self.warnings, *self.notices])

    def _interleave_cache_notices(self, events: Iterator[Event]) -> Iterator[Event]:
        """Each event after what was noticed about the cache while it was made."""
        for event in events:
            while self._cache_notices:
                yield Notice(self._cache_notices.pop(0))
            yield event


def _require_nonempty_question(question: str) -> str:
    asked = question.strip()
    if not asked:
        raise UsageError(
            "the question is empty",
            hint='write it in quotation marks: docqa ask file.pdf "When does it end?"',
        )
    if len(asked) > LONGEST_QUESTION:
        raise UsageError(
            f"the question has {len(asked):,} characters, more than {LONGEST_QUESTION:,}",
            hint="ask for one thing; what a text claims is checked by `docqa verify`",
        )
    return asked
