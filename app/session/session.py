"""Session: documents read once, asked many times, whatever answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

from docqa.app.answer.answer import Answer, Quote
from docqa.app.answer.events import Event, Finished, Notice
from docqa.app.answerers.answerer import Answerer
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.extractive import ExtractiveAnswerer
from docqa.app.answerers.loading import find_model, writing_template
from docqa.app.answerers.remote.address import is_remote
from docqa.app.context.context import Context
from docqa.app.context.kept import KeptParts
from docqa.app.context.plan import Plan
from docqa.app.errors import UsageError
from docqa.app.evidence.ranking import Ranked, WordIndex
from docqa.app.options import Options
from docqa.app.storage.store import Store
from docqa.ingest.types import Document

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from docqa.app.answerers.local_writing import WritingAnswerer
    from docqa.app.answerers.remote.model import RemoteModel
    from docqa.model.prompts.chat_template import ChatTemplate
    from docqa.model.prompts.conversation import Turn
    from docqa.model.protocol import Model


class Session:
    """One context of documents, in the order given; close it, or use it in a `with`.

    `warnings` belong to every answer, `notices` are said once. `model` hands in one that is loaded already; without it
    the model is loaded when it is first needed.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        options: Options,
        *,
        store: Store | None = None,
        warnings: Sequence[str] = (),
        notices: Sequence[str] = (),
        model: Model | RemoteModel | None = None,
    ) -> None:
        self.documents, self.options, self.store = tuple(documents), options, store
        self.warnings, self.notices = list(warnings), list(notices)
        self.loaded_model, self._noticed = model, False
        self._of_kept_parts: list[str] = []

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Keep the whole blocks of a read that was left, and let other processes evict what this session used."""
        if "local_reading" in self.__dict__:
            self.local_reading.close()
        elif "answerer" in self.__dict__:
            self.answerer.close()
        if self.store is not None:
            self.store.unpin()

    # What is made once, when it is first needed

    @property
    def model(self) -> Model | RemoteModel:
        """The model that answers."""
        if self.loaded_model is None:
            self.loaded_model = find_model(self.options)
        return self.loaded_model

    @cached_property
    def _template(self) -> ChatTemplate | None:
        """The chat template of a model that runs here and writes its answers."""
        return None if _is_remote(self.model) else writing_template(self.model)

    @cached_property
    def corpus(self) -> Corpus:
        opening: list[int] | None = None
        if self._template is not None:
            from docqa.model.prompts.conversation import Conversation

            opening = Conversation(self._template, self.model.tokenizer).opening()
        return Corpus(self.documents, self.model.tokenizer, self.warnings, opening, kept=self._kept_parts(self.model))

    def _kept_parts(self, model: Model | RemoteModel) -> KeptParts | None:
        """Where what is made of the documents is kept; None where nothing is."""
        if self.store is None:
            return None
        identity = model.fingerprint
        if _is_remote(model):  # it lends the bundled model's tokenizer
            from docqa.app.models.library import bundled
            from docqa.model.checkpoints.weights import fingerprint

            identity = fingerprint(bundled())
        return KeptParts(self.store, identity, self._of_kept_parts)

    @cached_property
    def answerer(self) -> Answerer:
        """`local_reading` where the model runs here, else what asks the server."""
        if _is_remote(self.model):
            from docqa.app.answerers.remote.answerer import RemoteAnswerer

            return RemoteAnswerer(self.corpus, self.model, self.options, self.store)
        return self.local_reading

    @cached_property
    def local_reading(self) -> ExtractiveAnswerer | WritingAnswerer:
        """The answerer of a model that runs here. Raises UsageError where a server has the model."""
        model, options = self.model, self.options
        if _is_remote(model):
            raise UsageError(f"{model.address} reads nothing on this machine", hint="choose a model that runs here")
        if self._template is None:
            return ExtractiveAnswerer(self.corpus, model, options, self.store)
        from docqa.app.answerers.document_evidence import DocumentEvidence, bundled_model
        from docqa.app.answerers.local_writing import WritingAnswerer

        bundled = bundled_model(options.threads)
        corpus = Corpus(self.documents, bundled.tokenizer, self.warnings, kept=self._kept_parts(bundled))
        evidence = DocumentEvidence(corpus, options, self.store)
        return WritingAnswerer(self.corpus, evidence, model, self._template, options, self.store)

    @property
    def local(self) -> ExtractiveAnswerer:
        """The answerer of a model that cuts answers from the documents. Raises UsageError for one that writes."""
        reading = self.local_reading
        if not isinstance(reading, ExtractiveAnswerer):
            raise UsageError(f"{reading.model.folder} writes its answers", hint="choose a model with a reader")
        return reading

    @property
    def context(self) -> Context:
        return self.corpus.context

    @property
    def index(self) -> WordIndex:
        return self.corpus.index

    @property
    def plan(self) -> Plan:
        """What reading takes on this machine. Raises UsageError where a server has the model."""
        return self.answerer.plan

    # Reading and asking

    def read(self) -> Iterator[Event]:
        """Read all documents into the model, or take up what is kept. Closing the generator keeps whole blocks."""
        yield from self._notices()
        self.corpus.index  # noqa: B018 - so that no question has to wait until it is made
        yield from self._with_notices(self.answerer.read())

    def ask(self, question: str, earlier: Sequence[Turn] = ()) -> Iterator[Event]:
        """Answer `question`; the last event is Finished. Raises UsageError for an empty question.

        `earlier`: the turns before it, for a model that writes (`writes`); others do not look at them.
        """
        asked = _checked(question)
        yield from self._notices()
        yield from self._with_notices(self.answerer.ask(asked, earlier))

    def answer(self, question: str) -> Answer:
        """The final answer to `question`, for who wants none of the events before it. Raises as `ask`."""
        return next(event.answer for event in self.ask(question) if isinstance(event, Finished))

    @property
    def writes(self) -> bool:
        """Whether the model writes its answers, so that it understands a question by the turns before it."""
        return _is_remote(self.model) or self._template is not None

    @property
    def reads_ahead(self) -> bool:
        """Whether the next question is answered from all of the documents, so that it is good to read them before."""
        if self._template is None:
            return True
        reading = self.local_reading
        return isinstance(reading, ExtractiveAnswerer) or reading.answers_from_whole

    def stop_writing(self) -> bool:
        """End the text that is being written: what there is of it becomes the answer. False where none is written."""
        return self.answerer.stop_writing()

    def preview(self, question: str) -> Answer:
        """A preliminary answer, status `partial`, without reading the documents."""
        return self.answerer.preview(_checked(question))

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int = 0) -> Answer:
        """The next answer that is in none of the quotes `without`; after an answer to the same question.

        `nearest`: how many passages of the ranking `evidence` passes over.
        """
        return self.answerer.ask_again(_checked(question), without, nearest)

    def rank(self, question: str) -> list[Ranked]:
        """All passages for `question`, best first, after `read`."""
        return self.answerer.rank(question)

    def _notices(self) -> Iterator[Event]:
        if not self._noticed:
            self._noticed = True
            if is_remote(self.options.model) and _is_remote(self.model):
                yield Notice(self.model.notice())
            else:
                from docqa.kernels.self_check import damage

                yield from (Notice(words) for words in [damage()] if words)
            yield from (Notice(message) for message in [*self.warnings, *self.notices])

    def _with_notices(self, events: Iterator[Event]) -> Iterator[Event]:
        """`events`, each behind what was noticed about kept parts of the documents while it was made."""
        for event in events:
            while self._of_kept_parts:
                yield Notice(self._of_kept_parts.pop(0))
            yield event


def _is_remote(model: Model | RemoteModel) -> TypeIs[RemoteModel]:
    """Whether a server has the model; what talks to servers is loaded only where one was named."""
    module = sys.modules.get("docqa.app.answerers.remote.model")
    return module is not None and isinstance(model, module.RemoteModel)


def _checked(question: str) -> str:
    asked = question.strip()
    if not asked:
        hint = 'write it in quotation marks: docqa ask file.pdf "When does it end?"'
        raise UsageError("the question is empty", hint=hint)
    return asked
