"""docqa's own evidence for a model that writes: the bundled model ranks the passages and judges
what is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from docqa.app.answer.confidence import PASSAGE_CHANCES, is_below_answer_threshold, log_odds
from docqa.app.answer.grades import Support
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.options import Options
from docqa.app.quotes.verifier import Located
from docqa.app.reading.candidates import AnswerForm, CandidateSet
from docqa.app.reading.rereading import SentenceOdds, read_sentences_separately
from docqa.app.reading.wording.language import is_english
from docqa.app.storage.store import Store
from docqa.model.errors import ModelError
from docqa.model.heads.excerpt_reading import ExcerptReader, judge_support
from docqa.model.heads.reader_text import SUPPORT

from .corpus import Corpus
from .extractive import ExtractiveAnswerer
from .finders import AskedQuestion
from .loading import bundled_model
from .local import LocalPrefill
from .writing.answers import ReadQuestion

_MOST_WORDS = 8  # of the answers that the reader would give
LONGEST_EVIDENCE = 160  # words of quotes that the judge reads at once; it was measured on as many


@dataclass(frozen=True)
class QuestionEvidence:
    """What the bundled reader makes of a question: the passages `ranked`, best first, its
    candidates, and `chances`, 0 to 1, that the first passage answers and that its own answer
    (without one, the passage) is right."""

    question: str
    ranked: list[RankedPassage]
    reading: CandidateSet | None
    chances: tuple[float, float]

    @property
    def form(self) -> AnswerForm:
        """What kind of answer the question wants."""
        return self.reading.form if self.reading else AnswerForm.FACT

    @property
    def nearest(self) -> list[Located]:
        """Where the reader would answer from, best first; of a list, or of two things asked, first
        what it has of all."""
        places = (*self.reading.items, *self.reading.candidates) if self.reading else ()
        return [place.location for place in places]


class DocumentEvidence:
    """Evidence of one Corpus for a model that writes. `own`: the bundled reader's own answers, by
    which passages are ranked. Mutable: it caches the last evidence.
    """

    def __init__(self, corpus: Corpus, options: Options, store: Store | None) -> None:
        self.corpus = corpus
        options = replace(options, model=None, k=None)
        reading = LocalPrefill(corpus, bundled_model(options), store, separate=True)
        self.own = ExtractiveAnswerer(options, reading)
        self._last: tuple[bool, QuestionEvidence] | None = None

    @property
    def reader(self) -> ExcerptReader:
        """The encoder that reads excerpts with a question and judges statements."""
        if not self.own.model.reader:
            raise ModelError("the bundled model has no reader (install docqa again)")
        return self.own.model.reader

    def judge_support(
        self, statements: Sequence[str], quotes: Sequence[str]
    ) -> list[Mapping[Support, float]]:
        """How far quotes bear out statements, by the judge that ships with the reader: a
        support.Judge.
        """
        shown = [" ".join(text.split()[:LONGEST_EVIDENCE]) for text in quotes]
        rows = judge_support(self.reader, statements, shown).tolist() if statements else []
        return [dict(zip(map(Support, SUPPORT), row, strict=True)) for row in rows]

    def evidence_for_question(self, question: str, *, unread: bool = False) -> QuestionEvidence:
        """All passages, best first, by words, vectors and the reader, after `read`; `unread`: by
        words, the best of them by the reader."""
        if self._last:
            was_unread, last = self._last
            if (was_unread, last.question) == (unread, question):
                return last
        reading: CandidateSet | None = None
        if unread:
            ranked, reading = self.own.finder.find_candidates_before_prefill(
                AskedQuestion(question)
            )
        elif is_english(question):
            ranked, reading = self.own.find_candidates(question)
        else:  # the reader reads English; words and vectors are left
            ranked = self.own.finder.ranker.rank(question)
        chances = 0.0, 0.0
        if reading:
            likely, first = self.own.chances(question, reading)
            refused = is_below_answer_threshold(likely, self.own.finder.calibration)
            chances = first, first if refused else likely
        evidence = QuestionEvidence(question, ranked, reading, chances)
        self._last = unread, evidence
        return evidence

    def question_for_judging(
        self, evidence: QuestionEvidence, *, is_small_model: bool
    ) -> ReadQuestion:
        """The question as statements are judged that may answer it, of a `is_small_model` model or
        another.
        """
        nearest = tuple(evidence.nearest)
        words = tuple(place.text_in(self.corpus.documents) for place in nearest[:_MOST_WORDS])
        least, most = PASSAGE_CHANCES
        answers = log_odds(min(max(evidence.chances[0], least), most))
        # The fit for small models is of what the reader makes of the question.
        fitted = is_small_model and evidence.reading is not None
        read = partial(self._read_separately, evidence.question)
        return ReadQuestion(evidence.question, words, nearest, read, answers, fitted)

    def _read_separately(
        self, question: str, places_or_texts: Sequence[Sequence[Located] | str]
    ) -> list[SentenceOdds]:
        """What the reader makes of places, each below its headings, and of texts in the place of
        one.
        """
        texts: list[str] = []
        above: list[str] = []
        for each in places_or_texts:
            if isinstance(each, str):
                texts.append(each)
                above.append("")
                continue
            document = self.corpus.documents[each[0].document]
            headings = document.section_path(document.section_of(each[0].page, each[0].start))
            texts.append(" ".join(place.text_in(self.corpus.documents) for place in each))
            above.append(" > ".join((document.title, *headings)))
        return read_sentences_separately(self.reader, question, above, list(enumerate(texts)))
