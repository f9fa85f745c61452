"""docqa's own evidence for a model that writes: the bundled model ranks the passages and judges what is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from math import exp
from typing import TYPE_CHECKING

from docqa.app.answer.answer import Answer, Quote
from docqa.app.answer.events import Event
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.extractive import ExtractiveAnswerer
from docqa.app.answerers.writing.support import Judge, judge_of
from docqa.app.evidence.ranking import Ranked, rank
from docqa.app.options import Options
from docqa.app.quotes.verifier import Located
from docqa.app.reading import answerability
from docqa.app.reading.candidates import Candidates, Form, on_one_line
from docqa.app.reading.wording.language import is_english
from docqa.app.storage.store import Store
from docqa.model.errors import ModelError

if TYPE_CHECKING:
    from docqa.model.heads.excerpt_reading import ExcerptReader
    from docqa.model.protocol import Model, RefusalCalibration

_MOST_RELEVANT = 4  # quotes that are read again with the question


@lru_cache(maxsize=1)
def bundled_model(threads: int | None) -> Model:
    """The bundled model, loaded once for all sessions of this process."""
    from docqa.app.answerers.loading import load_model

    return load_model(Options(threads=threads))


class DocumentEvidence:
    """Reads one Corpus as the bundled reader does, and keeps it as that does; nothing is read twice.

    Mutable: it has the state of the documents and the last question.
    """

    def __init__(self, corpus: Corpus, options: Options, store: Store | None) -> None:
        self.corpus = corpus
        self._options, self._store = replace(options, model=None, k=None), store
        self._last: tuple[str, bool, list[Ranked], Candidates | None] | None = None

    @cached_property
    def _reading(self) -> ExtractiveAnswerer:
        return ExtractiveAnswerer(self.corpus, bundled_model(self._options.threads), self._options, self._store)

    @property
    def reader(self) -> ExcerptReader:
        """The encoder that reads excerpts with a question and judges statements."""
        reader = self._reading.model.reader
        if reader is None:
            raise ModelError("the bundled model has no reader", hint="install docqa again")
        return reader

    @cached_property
    def judge(self) -> Judge:
        """How far quotes bear out statements, by the reader's judge."""
        return judge_of(self.reader)

    def read(self) -> Iterator[Event]:
        """Read all documents into the bundled model, or take up what is kept."""
        yield from self._reading.read()

    def close(self) -> None:
        """Keep the whole blocks of a read that was left."""
        if "_reading" in self.__dict__:
            self._reading.close()

    def preview(self, question: str) -> Answer:
        """The bundled reader's preliminary answer, from the passages that the question's words find."""
        return self._reading.preview(question)

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int) -> Answer:
        """The bundled reader's next answer that is in none of the quotes `without`; after `read`."""
        return self._reading.ask_again(question, without, nearest)

    def rank(self, question: str, *, unread: bool = False) -> list[Ranked]:
        """All passages, best first: by words, vectors and the reader, after `read`; `unread`: by words, and the reader
        on the best of them."""
        return self._found(question, unread)[0]

    def first_chance(self, question: str, *, unread: bool = False) -> float:
        """The chance, 0 to 1, that the first passage of `rank` answers."""
        values, calibration, _ = self._signals(question, unread)
        return answerability.first_passage_probability(values, calibration) if values else 0.0

    def own_chance(self, question: str, *, unread: bool = False) -> float:
        """The chance, 0 to 1, that the reader's own answer is right; where it would have none, `first_chance`."""
        values, calibration, form = self._signals(question, unread)
        likely = answerability.probability(values, calibration, form) if values else 0.0
        refused = answerability.refused(likely, calibration)
        return self.first_chance(question, unread=unread) if refused else likely

    def _signals(self, question: str, unread: bool) -> tuple[dict[str, float], RefusalCalibration | None, Form]:
        """The signals of whether the documents answer, none where nothing was read, and what weighs them."""
        ranked, found = self._found(question, unread)
        calibration = self._reading.finder.calibration
        if found is None:
            return {}, calibration, Form.FACT
        values = answerability.features(question, self.corpus.context, self.corpus.index, ranked, found)
        return values, calibration, found.form

    def nearest(self, question: str, *, unread: bool = False) -> list[Located]:
        """Where the reader would answer from, best first; of a list, or of two things asked, first what it has of all.
        """
        found = self._found(question, unread)[1]
        places = (*found.items, *found.candidates) if found is not None else ()
        return [Located(place.document, place.page, place.start, place.end) for place in places]

    def form(self, question: str, *, unread: bool = False) -> Form:
        """What kind of answer the question wants."""
        found = self._found(question, unread)[1]
        return found.form if found is not None else Form.FACT

    def answering(self, question: str) -> Callable[[Sequence[Located]], float]:
        """`relevance` to one question."""
        return lambda places: self.relevance(question, places)

    def relevance(self, question: str, places: Sequence[Located]) -> float:
        """The chance, 0 to 1, that the best of `places` answers, by the reader; 0 without any."""
        from docqa.model.heads.excerpt_reading import read_excerpts

        shown = list(dict.fromkeys(places))[:_MOST_RELEVANT]
        if not shown:
            return 0.0
        documents = self.corpus.documents
        texts = [on_one_line(documents[p.document].pages[p.page - 1].text[p.start : p.end]) for p in shown]
        above = [
            " > ".join((documents[p.document].title, *documents[p.document].section_path(
                documents[p.document].section_of(p.page, p.start))))
            for p in shown
        ]  # fmt: skip
        found = read_excerpts(self.reader, question, texts, above)
        return 1.0 / (1.0 + exp(-max(min(max(found.answers), 30.0), -30.0)))

    def _found(self, question: str, unread: bool) -> tuple[list[Ranked], Candidates | None]:
        if self._last is None or self._last[:2] != (question, unread):
            self._last = (question, unread, *self._find(question, unread))
        return self._last[2], self._last[3]

    def _find(self, question: str, unread: bool) -> tuple[list[Ranked], Candidates | None]:
        if unread:
            from docqa.app.answerers.finders import AskedQuestion

            words = rank(question, self.corpus.index)
            return self._reading.finder.find_unread(AskedQuestion(question), words) if words else ([], None)
        if not is_english(question):  # the reader reads English; words and vectors are left
            return self._reading.rank_by_signals(question), None
        return self._reading.find(question)
