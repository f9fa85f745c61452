"""What an answer is worth beside the known ones (see `docqa --man eval`)."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from statistics import fmean
from typing import NamedTuple

from docqa.app.answer.answer import Answer
from docqa.app.answer.confidence import Signals
from docqa.app.output.figures import Square, two_square_panels

from .questions import GoldQuestion

BINS = 10
# words
_MOST = 60
_MOST_TOGETHER = 200
_FEWEST = 3
_TOGETHER = ("list", "two_places")
_VERDICT = re.compile(r"(?:(?<!\s)\s++)?(yes|no)(?:[:,.;]\s*+|\s*+$)", re.IGNORECASE)
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)
_FOLDED = re.compile(r"[\s\"'“”‘’\-–—]+")


class Asserted(NamedTuple):
    """An answer that was not refused: its confidence, 0 to 1, and whether it is right."""

    confidence: float
    right: bool


@dataclass(frozen=True)
class QuestionOutcome:
    """What came of one question about a document of `tokens`; a place is None where the file names
    none, `verdict_right` where no yes or no was asked for. `confidence` 0 to 1. `signals`: those of
    signals.py, empty where a model writes."""

    dataset: str
    tokens: int
    unanswerable: bool
    refused: bool
    f1: float
    exact: float
    kind: str
    confidence: float
    right: bool
    verdict_right: bool | None
    hit_1: bool | None
    hit_3: bool | None
    bm25_hit_1: bool | None
    page_hit: bool | None
    signals: Signals = field(default_factory=dict)


class Bin(NamedTuple):
    """How many answers, their mean confidence, and the share that is right."""

    size: int
    confidence: float
    right: float


def normalise(text: str) -> str:
    """SQuAD's normal form: lower case, no punctuation, no articles, single spaces."""
    bare = "".join(character for character in text.lower() if character not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(said: str, gold: str) -> float:
    return float(normalise(said) == normalise(gold))


def f1(said: str, gold: str) -> float:
    """Harmonic mean of word precision and recall in SQuAD's normal form."""
    left = normalise(said).split()
    right = normalise(gold).split()
    if not left or not right:
        return float(left == right)
    common = sum((Counter(left) & Counter(right)).values())
    if not common:
        return 0.0
    precision = common / len(left)
    recall = common / len(right)
    return 2 * precision * recall / (precision + recall)


def verdict_of(said: str | None) -> str | None:
    """The "yes" or "no" that an answer begins with ("No: the rent is fixed"), else None."""
    found = _VERDICT.match(said or "")
    return found[1].lower() if found else None


def scores(said: str | None, question: GoldQuestion) -> tuple[float, float]:
    """F1 and exact match against the best of the known answers; 0 for a refusal, None."""
    pairs = (
        [_texts_to_compare(said, gold, question) for gold in question.wanted]
        if said is not None
        else []
    )
    return max((f1(*pair) for pair in pairs), default=0.0), max(
        (exact_match(*pair) for pair in pairs), default=0.0
    )


def _texts_to_compare(said: str, gold: str, question: GoldQuestion) -> tuple[str, str]:
    """Of a question for yes or no the clauses after, or the verdicts where that is all of
    `gold`.
    """
    if question.verdict is None:
        return said, gold
    wanted = _VERDICT.sub("", gold, count=1)
    return (_VERDICT.sub("", said, count=1), wanted) if wanted else (verdict_of(said) or "", gold)


def is_right(answer: Answer, question: GoldQuestion) -> bool:
    """Whether what an answer asserts is right; no refusal is, nor where nothing is to be found."""
    said = answer.answer
    if said is None or answer.refused or question.unanswerable:
        return False
    if question.verdict is not None and answer.verdict not in (None, question.verdict):
        return False
    if question.must or question.all_of:
        return _has_what_it_needs(answer, question)
    quoted = _quoted_text(answer, together=question.multi)
    if question.multi:
        items = [said, *said.split(";")]
        return all(
            any(_agree(item, gold, _MOST_TOGETHER) for item in items) or _stands_in(gold, quoted)
            for gold in question.golds
        )
    return any(
        _agree(*_texts_to_compare(said, gold, question), _MOST) or _stands_in(gold, quoted)
        for gold in question.golds
    )


def _quoted_text(answer: Answer, *, together: bool) -> str:
    quotes, most = (answer.quotes, _MOST_TOGETHER) if together else (answer.quotes[:1], _MOST)
    return " ".join(" ".join(quote.text for quote in quotes).split()[:most])


def _stands_in(gold: str, quoted: str) -> bool:
    known = normalise(gold).split()
    return (len(gold.split()) > 1 or bool(_figures(known))) and _are_words_within(
        known, normalise(quoted).split()
    )


def _agree(said: str, gold: str, most: int) -> bool:
    ours = normalise(said).split()
    known = normalise(gold).split()
    alike = f1(said, gold) > 0.5 and _figures(ours) <= _figures(known)
    return (
        alike
        or _are_words_within(known, ours[:most])
        or len(ours) >= _FEWEST
        and _are_words_within(ours, known)
    )


def _figures(words: Iterable[str]) -> set[str]:
    return {word for word in words if any(map(str.isdigit, word))}


def _are_words_within(words: Sequence[str], others: Sequence[str]) -> bool:
    return bool(words) and f" {' '.join(words)} " in f" {' '.join(others)} "


def _has_what_it_needs(answer: Answer, question: GoldQuestion) -> bool:
    said = _fold_text(
        f"{answer.answer or ''} {_quoted_text(answer, together=question.kind in _TOGETHER)}"
    )
    needed = all if question.all_of else any
    cited = {cite.page for quote in answer.quotes for cite in quote.cites}
    on_page = not question.pages or bool(cited & {None, *question.pages})
    return on_page and needed(
        _fold_text(words) in said for words in question.all_of or question.must
    )


def _fold_text(text: str) -> str:
    return _FOLDED.sub("", unicodedata.normalize("NFKC", text).lower())


def bins(answers: Iterable[Asserted]) -> list[Bin]:
    """Ten bins of equal count, the most confident first; fewer of fewer answers."""
    ordered = sorted(answers, reverse=True)
    edges = [len(ordered) * number // BINS for number in range(BINS + 1)]
    groups = [
        ordered[start:end] for start, end in zip(edges, edges[1:], strict=False) if start < end
    ]
    return [Bin(len(g), fmean(a.confidence for a in g), fmean(a.right for a in g)) for g in groups]


def calibration_error(answers: Sequence[Asserted]) -> float:
    """Mean distance, 0 to 1, of confidence and share that is right, over ten bins; 0 of no
    answers.
    """
    return sum(found.size * abs(found.right - found.confidence) for found in bins(answers)) / max(
        len(answers), 1
    )


def confidence_figure(answers: Sequence[Asserted], questions: int) -> str:
    """SVG: the share that is right over confidence, and over how many of the `questions` the surest
    answers are.
    """
    ordered = sorted(answers, key=lambda answer: -answer.confidence)
    right = accumulate(int(answer.right) for answer in ordered)
    curve = [(count / questions, so_far / count) for count, so_far in enumerate(right, 1)]
    binned = [(found.confidence, found.right) for found in reversed(bins(answers))]
    error = f"{calibration_error(answers):.3f}"
    return two_square_panels(
        f"Confidence of {len(ordered):,} answers to {questions:,} questions",
        [
            Square(
                f"Reliability (calibration error {error})",
                "confidence",
                "share that is right",
                binned,
                True,
            ),
            Square(
                "Precision of the surest answers",
                "share of the questions that is answered",
                "share that is right",
                curve,
                False,
            ),
        ],
    )
