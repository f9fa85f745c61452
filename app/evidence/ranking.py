"""Passages ranked by literal words (BM25), by the evidence head and by the passage encoder, fused.
Each signal is z-scored over the passages and weighed by the model's calibration
(`evidence_weights`)."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate
from typing import Self

import numpy as np

from docqa.app.context.cached import CachedParts
from docqa.app.context.context import Context, PlacedPassage
from docqa.app.evidence.postings import POSTINGS_FORMAT, Postings
from docqa.app.evidence.terms import terms
from docqa.app.storage.arrays import Arrays

_SATURATION = 1.5
_BY_LENGTH = 0.75
"""BM25's k1 and b."""
DEFAULT_WEIGHTS = {"bm25": 1.0, "vector": 0.0}


@dataclass(frozen=True)
class Ranked:
    """`Context.passages[index]` with its fused score and its parts: the raw `bm25`, and the
    reader's log-probability that the answer is in it, None where it was not looked at."""

    index: int
    score: float
    bm25: float
    reader: float | None = None


class WordIndex:
    """BM25 (as Lucene has it) over the passages of a Context, headings above them included."""

    def __init__(
        self, texts: Iterable[str] = (), *, postings: Sequence[Postings] | None = None
    ) -> None:
        """Of `texts`, one a passage; `postings`: of passages whose words are known, part after
        part.
        """
        self._parts = [Postings.of(texts)] if postings is None else list(postings)
        self._firsts = list(accumulate(map(len, self._parts), initial=0))
        self._found: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    @classmethod
    def of(cls, context: Context) -> Self:
        return cls(map(partial(passage_words, context), context.passages))

    @classmethod
    def kept(cls, context: Context, kept: CachedParts) -> Self:
        """The same; words are looked for only in documents that are not kept, and then kept."""

        def words(number: int) -> Arrays:
            placed = (each for each in context.passages if each.document == number)
            return vars(Postings.of(passage_words(context, each) for each in placed))

        numbered = enumerate(context.documents)
        arrays = (
            kept.arrays("indexes", each, (POSTINGS_FORMAT,), partial(words, number))
            for number, each in numbered
        )
        return cls(postings=[Postings(**found) for found in arrays])

    def __len__(self) -> int:
        return self._firsts[-1]

    def scores(self, question: str) -> np.ndarray:
        """BM25 score of every passage, [passages], float64; zeros when no word is known."""
        total = np.zeros(len(self), np.float32)
        for term in terms(question):
            passages, counts = self._find(term)
            if len(passages):
                share = counts / (self._length_norms[passages] + counts)
                total[passages] += (np.float32(self.idf(term)) * share).astype(np.float32)
        return total.astype(np.float64)

    @cached_property
    def _length_norms(self) -> np.ndarray:
        """What a passage's length puts below the line of its score, [passages]."""
        lengths = np.concatenate([part.lengths for part in self._parts]).astype(np.float64)
        norms: np.ndarray = _SATURATION * ((1 - _BY_LENGTH) + _BY_LENGTH * lengths / lengths.mean())
        return norms

    def _find(self, term: str) -> tuple[np.ndarray, np.ndarray]:
        """(the passages that have the stem, how often each)."""
        if term not in self._found:
            found = [part.find(term) for part in self._parts]
            passages = [first + places for first, (places, _) in zip(self._firsts, found)]
            self._found[term] = (
                np.concatenate([np.zeros(0, int), *passages]),
                np.concatenate([np.zeros(0, int), *(counts for _, counts in found)]),
            )
        return self._found[term]

    def idf(self, term: str) -> float:
        """ln(1 + (N - df + 0.5) / (df + 0.5)) of a stem; a word that is nowhere has the largest."""
        found = self.occurrences(term)
        return math.log(1.0 + (len(self) - found + 0.5) / (found + 0.5))

    def coverage(self, question_terms: set[str], words: set[str] | frozenset[str]) -> float:
        """Share (0 to 1) of the question's idf that is in `words`."""
        total = sum(self.idf(term) for term in sorted(question_terms))
        return (
            sum(self.idf(term) for term in sorted(question_terms & words)) / total if total else 0.0
        )

    def passage_words(self, index: int) -> frozenset[str]:
        part = bisect_right(self._firsts, index) - 1
        return self._parts[part].stems_of(index - self._firsts[part])

    def occurrences(self, term: str) -> int:
        """In how many passages the stem is."""
        return len(self._find(term)[0])


def passage_words(context: Context, placed: PlacedPassage) -> str:
    """The words of a passage: the headings above it, and its text."""
    return " ".join((*placed.passage.section, context.text_of(placed)))


def standardise(values: np.ndarray) -> np.ndarray:
    """z-scores, or zeros of equal values."""
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)


def fuse(
    bm25: np.ndarray,
    vector: np.ndarray | None,
    weights: dict[str, float],
    passage: np.ndarray | None = None,
) -> np.ndarray:
    """Weighted sum of z-scores, [passages]; None counts nothing."""
    total = weights.get("bm25", 0.0) * standardise(bm25)
    for name, values in (("vector", vector), ("passage", passage)):
        if values is not None:
            total = total + weights.get(name, 0.0) * standardise(values)
    return total


def rank(
    question: str,
    index: WordIndex,
    *,
    vector: np.ndarray | None = None,
    passage: np.ndarray | None = None,
    weights: dict[str, float] | None = None,
) -> list[Ranked]:
    """All passages, best first; equal scores keep the order of the documents."""
    bm25 = index.scores(question)
    if not len(bm25):
        return []
    by_model = weights and (vector is not None or passage is not None)
    fused = fuse(bm25, vector, weights if weights and by_model else DEFAULT_WEIGHTS, passage)
    order = np.lexsort((np.arange(len(fused)), -fused))
    return list(map(Ranked, order.tolist(), fused[order].tolist(), bm25[order].tolist()))
