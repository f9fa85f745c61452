"""What may be an answer: the excerpts that a model is shown, the spans that it would answer with,
and their scores.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from docqa.app.answer.answer import Quote
from docqa.app.answer.grades import Verdict
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import WordIndex
from docqa.app.evidence.terms import terms
from docqa.app.facts.facts import FactKind
from docqa.app.quotes.normalise import fold
from docqa.app.quotes.sentence_runs import Sentences
from docqa.app.quotes.verifier import Located
from docqa.ingest.types import Document, Span

_TRIM = " \t\r\n\u00a0,;:.!?…"
_OPENING = "([{“‘\"'«"
_CLOSING = ")]}”’\"'»"
_WEIGHTS = ("sentence_weight", "vector_weight", "evidence_weight")

BY_STRUCTURE = "by_structure"
"""The signal that structure gave the answer: a place's text, or a term's definition."""

BY_CELL = "by_cell"
"""The signal that row and column of a table gave the answer, and hold all that was asked for."""

BY_CLAUSE = "by_clause"
"""The chance that the answer is in the clause of a field, or is it."""

Place = tuple[float, float, float]
"""What speaks for a place: (coverage, similarity, behind) of a Candidate."""


class Form(StrEnum):
    FACT = "fact"
    LIST = "list"
    YES_NO = "yes_no"
    TWO_PARTS = "two_parts"


@dataclass(frozen=True)
class Wanted:
    """What the answer to a field's question has to be: values of a `kind`, `several` of them;
    `where`: FRONT (title pages and signature blocks) or words of headings; or in a `clause` of
    clauses.py, whose sentence is the answer where it has no such value and `or_clause`."""

    kind: FactKind | None = None
    several: bool = False
    where: tuple[str, ...] = ()
    clause: str = ""
    or_clause: bool = False


FRONT = "front"
ANYTHING = Wanted()


@dataclass(frozen=True)
class Excerpt:
    """Characters `start:end` of a page; `text` has the same length, line breaks as spaces."""

    passage: int
    document: int
    page: int
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Candidate:
    """A span that the model would answer with: characters `start:end` of `page`.

    `logprob` is the sum over its `token_count` tokens and its end, `said` that of another reader,
    which then orders; `score` orders candidates of one question. Of the place: `coverage` of the
    question's words in its sentence, `similarity` of the sentence to the question (0 without an
    encoder or head), how far its passage is `behind` the first one (at most 0). `quoted`: the row
    of a table that is shown instead of a sentence.
    """

    excerpt: int
    document: int
    page: int
    start: int
    end: int
    logprob: float = 0.0
    token_count: int = 1
    score: float = 0.0
    coverage: float = 0.0
    similarity: float = 0.0
    behind: float = 0.0
    quoted: Span | None = None
    said: float | None = None

    @property
    def located(self) -> Located:
        return Located(self.document, self.page, self.start, self.end)


@dataclass(frozen=True)
class Candidates:
    """What the model made of the excerpts; candidates best first; `refusal_logprob` of saying that
    nothing answers. `verdict`: of the first candidate on a yes/no question. `items`: of a list or a
    question of two parts, in the order to state them. `signals`: by name (answerability.py)."""

    candidates: tuple[Candidate, ...]
    refusal_logprob: float | None
    prompt_tokens: int
    form: Form = Form.FACT
    verdict: Verdict | None = None
    items: tuple[Candidate, ...] = ()
    signals: Mapping[str, float] = field(default_factory=dict)

    def without(self, quotes: Sequence[Quote], documents: Sequence[Document]) -> Self:
        """The next best: what is left without all that was shown in `quotes`."""
        left = not_shown(self.candidates, quotes, documents)
        signals = {
            name: value
            for name, value in self.signals.items()
            if name not in (BY_STRUCTURE, BY_CELL)
        }
        return replace(
            self, candidates=left, form=Form.FACT, verdict=None, items=(), signals=signals
        )


def excerpt(context: Context, index: int) -> Excerpt:
    """A passage as a model that copies is shown it: on one line."""
    whole = whole_passage(context, index)
    return replace(whole, text=on_one_line(whole.text))


def whole_passage(context: Context, index: int) -> Excerpt:
    """A passage from its first character to its last, with its line breaks."""
    placed = context.passages[index]
    passage = placed.passage
    return Excerpt(
        index, placed.document, passage.page, passage.start, passage.end, context.text_of(placed)
    )


def on_one_line(text: str) -> str:
    """`text` with every white space as a plain space; its length stays."""
    return "".join(" " if character.isspace() else character for character in text)


def candidate_score(candidate: Candidate, weights: Mapping[str, float]) -> float:
    """What orders candidates: the log-probability of the words, divided by a power of the length
    (`length_weight`), or long answers would never win, and what speaks for their place."""
    logprob = candidate.logprob if candidate.said is None else candidate.said
    likely: float = logprob / candidate.token_count ** float(weights["length_weight"])
    place = (candidate.coverage, candidate.similarity, candidate.behind)
    return float(weights["reader_weight"]) * likely + place_score(place, weights)


def place_score(place: Place, weights: Mapping[str, float]) -> float:
    """Weighted sum of what speaks for a place."""
    return sum(float(weights[name]) * value for name, value in zip(_WEIGHTS, place, strict=True))


def best_first(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """`candidates` by score, equal ones in the order of the excerpts."""
    return tuple(sorted(candidates, key=lambda c: (-c.score, c.excerpt, c.start, c.end)))


@dataclass
class ScoredSentence:
    """A sentence that was read: its share of the question's words, its likeness to the question (0:
    not measured).
    """

    start: int
    end: int
    coverage: float
    similarity: float = 0.0


class ScoredPlaces:
    """Leads spans of `excerpts` back to characters of pages, and scores them by their sentences, of
    which the best counts, by `weights` or, `by_coverage`, by the question's words. `behind`: how
    far the passage of each excerpt is behind the first one, at most 0."""

    def __init__(
        self,
        excerpts: Sequence[Excerpt],
        question_terms: set[str],
        words: WordIndex,
        weights: Mapping[str, float],
        *,
        by_coverage: bool = False,
    ) -> None:
        self.excerpts = excerpts
        self.weights = weights
        self._by_coverage = by_coverage
        self.behind = [0.0] * len(excerpts)
        self.sentences = [
            [
                ScoredSentence(
                    start, end, words.coverage(question_terms, set(terms(item.text[start:end])))
                )
                for start, end in ((span.start, span.end) for span in Sentences(item.text).spans)
            ]
            for item in excerpts
        ]

    def place(self, number: int, start: int, end: int) -> Place:
        behind = self.behind[number]
        found = (s for s in self.sentences[number] if s.start < end and start < s.end)
        touched = [(s.coverage, s.similarity, behind) for s in found]
        nothing = (0.0, 0.0, behind)
        if self._by_coverage:
            return max(touched, default=nothing)
        return max(touched, key=lambda place: place_score(place, self.weights), default=nothing)

    def candidate(
        self,
        number: int,
        start: int,
        end: int,
        logprob: float,
        token_count: int = 1,
        said: float | None = None,
    ) -> Candidate | None:
        """Candidate of characters `start:end` of an excerpt; None where that is only
        punctuation.
        """
        item = self.excerpts[number]
        start, end = trim(item.text, start, min(end, len(item.text)))
        if start >= end:
            return None
        made = Candidate(
            number,
            item.document,
            item.page,
            item.start + start,
            item.start + end,
            logprob,
            token_count,
            0.0,
            *self.place(number, start, end),
            said=said,
        )
        return replace(made, score=candidate_score(made, self.weights))


def trim(text: str, start: int, end: int) -> tuple[int, int]:
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


def not_shown(
    candidates: Iterable[Candidate], quotes: Sequence[Quote], documents: Sequence[Document]
) -> tuple[Candidate, ...]:
    """Those of `candidates` that no quote has, or answers with; quotes that only go with an answer
    do not count.
    """
    answers = [quote for quote in quotes if quote.answer_start is not None]
    words = {fold(quote.text[quote.answer_start : quote.answer_end]).text for quote in answers}
    cites = [cite for quote in answers for cite in quote.cites]

    def shown(item: Candidate) -> bool:
        if fold(item.located.text_in(documents)).text in words:
            return True
        return any(
            cite.touches(documents[item.document].path, item.page, item.start, item.end)
            for cite in cites
        )

    return tuple(item for item in candidates if not shown(item))
