"""What may be an answer: the excerpts that a model is shown, the spans that it would answer with,
and their scores.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from docqa.app.answer.answer import Quote
from docqa.app.answer.confidence import BY_CELL, BY_STRUCTURE, Signals
from docqa.app.answer.grades import Verdict
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import PassageNumber, WordIndex
from docqa.app.evidence.terms import terms
from docqa.app.facts.facts import FactKind
from docqa.app.quotes.normalise import fold
from docqa.app.quotes.sentence_runs import Sentences
from docqa.app.quotes.verifier import Located
from docqa.ingest.types import Document, Span

_TRIM = " \t\r\n\u00a0,;:.!?…"
_OPENING = "([{“‘\"'«"
_CLOSING = ")]}”’\"'»"


class AnswerForm(StrEnum):
    """The form of the answer that a question asks for."""

    FACT = "fact"
    LIST = "list"
    YES_NO = "yes_no"
    TWO_PARTS = "two_parts"


@dataclass(frozen=True)
class AnswerRequirements:
    """What the answer to a field's question has to be: values of a `kind`, `several` of them;
    `where`: FRONT (title pages and signature blocks) or words of headings; or in a `clause` of
    clauses.py, whose sentence is the answer where it has no such value and `or_clause`."""

    kind: FactKind | None = None
    several: bool = False
    where: tuple[str, ...] = ()
    clause: str = ""
    or_clause: bool = False


FRONT = "front"
ANYTHING = AnswerRequirements()


@dataclass(frozen=True)
class Excerpt:
    """A passage as it is read: characters `start:end` of a page; `text` has the same length."""

    passage_number: PassageNumber
    document: int
    page: int
    start: int
    end: int
    text: str

    def make_candidate(self, start: int, end: int) -> "Candidate":
        """Characters `start:end` of the text, as the only excerpt."""
        return Candidate(0, self.document, self.page, self.start + start, self.start + end)


@dataclass(frozen=True)
class Candidate:
    """A span that the model would answer with: characters `start:end` of `page`, in the excerpt
    number `slot` of those that were read.

    `logprob` is that of the span, `said` that of another reader, which then orders; `score` orders
    candidates of one question; `coverage` is the share of the question's words in its sentence,
    `behind` how far its passage scores below the first one (at most 0). `quoted`: the row of a table
    that is shown instead of a sentence.
    """

    slot: int
    document: int
    page: int
    start: int
    end: int
    logprob: float = 0.0
    score: float = 0.0
    coverage: float = 0.0
    behind: float = 0.0
    quoted: Span | None = None
    said: float | None = None

    @property
    def location(self) -> Located:
        return Located(self.document, self.page, self.start, self.end)


Candidates = tuple[Candidate, ...]


@dataclass(frozen=True)
class CandidateSet:
    """What the model made of the excerpts; candidates best first. `verdict`: of the first candidate
    on a yes/no question. `items`: of a list or a question of two parts, in the order to state them;
    `parts`: what was made of each of these, with its `question`. `signals`: by name (signals.py)."""

    candidates: Candidates = ()
    prompt_tokens: int = 0
    form: AnswerForm = AnswerForm.FACT
    verdict: Verdict | None = None
    items: Candidates = ()
    signals: Signals = field(default_factory=dict)
    parts: tuple["CandidateSet", ...] = ()
    question: str = ""

    def without_shown(self, quotes: Sequence[Quote], documents: Sequence[Document]) -> Self:
        """The next best: what is left without all that was shown in `quotes`."""
        left = candidates_not_shown(self.candidates, quotes, documents)
        signals = {
            name: value
            for name, value in self.signals.items()
            if name not in (BY_STRUCTURE, BY_CELL)
        }
        return replace(
            self,
            candidates=left,
            form=AnswerForm.FACT,
            verdict=None,
            items=(),
            signals=signals,
            parts=(),
        )


def fact_or_list(found: Sequence[Candidate], signals: Signals) -> CandidateSet:
    """`found` as an answer, several as the items of a list."""
    several = tuple(found) if len(found) > 1 else ()
    form = AnswerForm.LIST if several else AnswerForm.FACT
    return CandidateSet(tuple(found), form=form, items=several, signals=signals)


def whole_passage(context: Context, number: PassageNumber) -> Excerpt:
    """A passage from its first character to its last, with its line breaks."""
    placed = context.passages[number]
    passage = placed.passage
    return Excerpt(
        number, placed.document, passage.page, passage.start, passage.end, context.text_of(placed)
    )


def spaces_for_line_breaks(text: str) -> str:
    """`text` with every white space as a plain space; its length stays."""
    return "".join(" " if character.isspace() else character for character in text)


def sort_best_first(candidates: Iterable[Candidate]) -> Candidates:
    """`candidates` by score, equal ones in the order of the excerpts."""
    return tuple(sorted(candidates, key=lambda c: (-c.score, c.slot, c.start, c.end)))


@dataclass(frozen=True)
class ScoredSentence:
    """Characters `start:end` of an excerpt: the share of the question's words in this sentence, and
    its likeness to the question (0: not measured).
    """

    start: int
    end: int
    coverage: float
    similarity: float = 0.0


def scored_sentences(text: str, question: str, word_index: WordIndex) -> list[ScoredSentence]:
    """The sentences of `text` with the share of the question's words in each."""
    wanted = set(terms(question))
    return [
        ScoredSentence(
            span.start,
            span.end,
            word_index.share_of_question_idf(wanted, set(terms(span.of(text)))),
        )
        for span in Sentences(text).spans
    ]


def sentences_as_candidates(
    question: str, numbers: Sequence[PassageNumber], context: Context, word_index: WordIndex
) -> CandidateSet:
    """The sentences of the passages `numbers`, by the share of the question's words in each."""
    found: list[Candidate] = []
    for slot, number in enumerate(numbers):
        item = whole_passage(context, number)
        for sentence in scored_sentences(item.text, question, word_index):
            start, end = trim_span(item.text, sentence.start, sentence.end)
            if start < end:
                share = sentence.coverage
                whole = item.make_candidate(start, end)
                found.append(replace(whole, slot=slot, score=share, coverage=share))
    return CandidateSet(sort_best_first(found))


@dataclass(frozen=True)
class ScoredExcerpts:
    """The `excerpts` that were read, each with its sentences, and how far its passage scores below
    the first one (`behind`, at most 0). Makes candidates of spans in them, scored by `weights`."""

    excerpts: Sequence[Excerpt]
    sentences: Sequence[Sequence[ScoredSentence]]
    behind: Sequence[float]
    weights: Mapping[str, float]

    def make_candidate(
        self,
        excerpt_index: int,
        start: int,
        end: int,
        logprob: float,
        other_reader_logprob: float | None = None,
    ) -> Candidate | None:
        """Candidate of characters `start:end` of an excerpt; None where that is only
        punctuation.

        What orders candidates is the log-probability of the words, and what the likeness of their
        best sentence to the question and their passage weigh.
        """
        item = self.excerpts[excerpt_index]
        start, end = trim_span(item.text, start, min(end, len(item.text)))
        if start >= end:
            return None
        touched = [s for s in self.sentences[excerpt_index] if s.start < end and start < s.end]
        coverage, similarity = max(
            ((s.coverage, s.similarity) for s in touched), default=(0.0, 0.0)
        )
        likely = logprob if other_reader_logprob is None else other_reader_logprob
        place = (
            self.weights["vector_weight"] * similarity
            + self.weights["evidence_weight"] * self.behind[excerpt_index]
        )
        return Candidate(
            excerpt_index,
            item.document,
            item.page,
            item.start + start,
            item.start + end,
            logprob,
            likely + place,
            coverage,
            self.behind[excerpt_index],
            said=other_reader_logprob,
        )

    def candidate_text(self, candidate: Candidate) -> str:
        item = self.excerpts[candidate.slot]
        return item.text[candidate.start - item.start : candidate.end - item.start]

    def whole_sentence_candidate(self, candidate: Candidate) -> Candidate:
        """The sentences that `candidate` touches."""
        item = self.excerpts[candidate.slot]
        sentences = Sentences(item.text)
        run = sentences.sentences_touching(candidate.start - item.start, candidate.end - item.start)
        if not run:
            return candidate
        span = sentences.span_of_run(run)
        start, end = trim_span(item.text, span.start, span.end)
        if start >= end:
            return candidate
        return replace(candidate, start=item.start + start, end=item.start + end)


def trim_span(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space, punctuation and unpaired brackets or quotes at its edges, and
    without a stop of its last word ("Inc."): the quote around the answer keeps it."""
    while True:
        before = (start, end)
        inner = text[start:end].lstrip(_TRIM)
        start = end - len(inner)
        inner = inner.rstrip(_TRIM)
        end = start + len(inner)
        if inner and inner[0] in _OPENING and not any(mark in inner[1:] for mark in _CLOSING):
            start += 1
        elif inner and inner[-1] in _CLOSING and not any(mark in inner[:-1] for mark in _OPENING):
            end -= 1
        if (start, end) == before:
            return start, end


def candidates_not_shown(
    candidates: Iterable[Candidate], quotes: Sequence[Quote], documents: Sequence[Document]
) -> Candidates:
    """Those of `candidates` that no quote has, or answers with; quotes that only go with an answer
    do not count.
    """
    answers = [quote for quote in quotes if quote.answer_start is not None]
    words = {fold(quote.text[quote.answer_start : quote.answer_end]).text for quote in answers}
    cites = [cite for quote in answers for cite in quote.cites]

    def shown(item: Candidate) -> bool:
        if fold(item.location.text_in(documents)).text in words:
            return True
        return any(
            cite.touches_span(documents[item.document].path, item.page, item.start, item.end)
            for cite in cites
        )

    return tuple(item for item in candidates if not shown(item))
