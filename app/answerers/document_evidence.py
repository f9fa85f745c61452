"""docqa's own evidence for a model that writes: the bundled model ranks the passages and judges what is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.extractive import ExtractiveAnswerer
from docqa.app.answerers.finders import AskedQuestion
from docqa.app.answerers.loading import bundled_model
from docqa.app.answerers.writing.answers import ReadQuestion
from docqa.app.answerers.writing.support import Judge, judge_of
from docqa.app.evidence.ranking import Ranked
from docqa.app.options import Options
from docqa.app.quotes.verifier import Located
from docqa.app.reading import answerability
from docqa.app.reading.candidates import Candidates, Form
from docqa.app.reading.rereading import ReadAlone, read_alone
from docqa.app.reading.wording.language import is_english
from docqa.app.storage.store import Store
from docqa.model.errors import ModelError

if TYPE_CHECKING:
    from docqa.model.heads.excerpt_reading import ExcerptReader

_MOST_WORDS = 8  # of the answers that the reader would give


@dataclass(frozen=True)
class QuestionEvidence:
    """What the bundled reader makes of a question: the passages `ranked`, best first, its candidates, and `chances`, 0
    to 1, that the first passage answers and that its own answer (without one, the passage) is right."""

    question: str
    ranked: list[Ranked]
    reading: Candidates | None
    chances: tuple[float, float]

    @property
    def form(self) -> Form:
        """What kind of answer the question wants."""
        return self.reading.form if self.reading is not None else Form.FACT

    @property
    def nearest(self) -> list[Located]:
        """Where the reader would answer from, best first; of a list, or of two things asked, first what it has of
        all."""
        places = (*self.reading.items, *self.reading.candidates) if self.reading is not None else ()
        return [place.located for place in places]


class DocumentEvidence(ExtractiveAnswerer):
    """The bundled reader of one Corpus beside a model that writes; nothing is read twice. Mutable as it is."""

    def __init__(self, corpus: Corpus, options: Options, store: Store | None) -> None:
        super().__init__(corpus, bundled_model(options), replace(options, model=None, k=None), store)
        self._last_evidence: tuple[bool, QuestionEvidence] | None = None

    @property
    def reader(self) -> ExcerptReader:
        """The encoder that reads excerpts with a question and judges statements."""
        if self.model.reader is None:
            raise ModelError("the bundled model has no reader", hint="install docqa again")
        return self.model.reader

    @cached_property
    def judge(self) -> Judge:
        """How far quotes bear out statements, by the reader's judge."""
        return judge_of(self.reader)

    def of_question(self, question: str, *, unread: bool = False) -> QuestionEvidence:
        """All passages, best first, by words, vectors and the reader, after `read`; `unread`: by words, the best of
        them by the reader."""
        last = self._last_evidence
        if last is None or (last[0], last[1].question) != (unread, question):
            ranked, reading = self._candidates(question, unread)
            last = unread, QuestionEvidence(question, ranked, reading, self._chances(question, ranked, reading))
            self._last_evidence = last
        return last[1]

    def _chances(self, question: str, ranked: list[Ranked], found: Candidates | None) -> tuple[float, float]:
        if found is None:
            return 0.0, 0.0
        calibration = self.finder.calibration
        values = self.features(question, ranked, found)
        first = answerability.first_passage_probability(values, calibration)
        likely = answerability.probability(values, calibration, found.form)
        return first, first if answerability.refused(likely, calibration) else likely

    def asked(self, found: QuestionEvidence) -> ReadQuestion:
        """The question of `found` as statements are judged that may answer it."""
        words = tuple(place.text_in(self.corpus.documents) for place in found.nearest[:_MOST_WORDS])
        read = partial(self._read_alone, found.question)
        return ReadQuestion(found.question, words, tuple(found.nearest), read)

    def _read_alone(self, question: str, shown: Sequence[Sequence[Located] | str]) -> list[ReadAlone]:
        """What the reader makes of places, each below its headings, and of texts in the place of one."""
        documents = self.corpus.documents
        texts = [e if isinstance(e, str) else " ".join(place.text_in(documents) for place in e) for e in shown]
        above = ["" if isinstance(each, str) else self._above(each[0]) for each in shown]
        return read_alone(self.reader, question, above, list(enumerate(texts)))

    def _above(self, place: Located) -> str:
        document = self.corpus.documents[place.document]
        return " > ".join((document.title, *document.section_path(document.section_of(place.page, place.start))))

    def _candidates(self, question: str, unread: bool) -> tuple[list[Ranked], Candidates | None]:
        if unread:
            words = self.corpus.rank(question)
            return self.finder.find_unread(AskedQuestion(question), words) if words else ([], None)
        if not is_english(question):  # the reader reads English; words and vectors are left
            return self.rank_by_signals(question), None
        return self.find(question)
