"""Evidence: passages ranked by literal words (BM25), by the evidence head and by the passage encoder, fused.

Each signal is z-scored over the passages of the run and all are added with the weights that the model's calibration
gives (`evidence_weights`: bm25, vector, passage), so that no signal needs a scale of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import chain

import numpy as np

from docqa.app.context.context import Context
from docqa.app.evidence.terms import terms

DEFAULT_WEIGHTS = {"bm25": 1.0, "vector": 0.0}


@dataclass(frozen=True)
class Ranked:
    """A passage of the context (`index` into `Context.passages`) with its fused score and the parts of it.

    `bm25` is the raw score, `vector` the evidence head's (-1 to 1), `reader` the span head's log-probability that the
    answer is in the passage, `again` that of the reader; None where the passage was not looked at.
    """

    index: int
    score: float
    bm25: float
    vector: float | None = None
    reader: float | None = None
    again: float | None = None


class WordIndex:
    """BM25 over the passages of a Context; the headings above a passage count as its words."""

    def __init__(self, texts: list[str]) -> None:
        import bm25s

        self._terms = [terms(text) for text in texts]
        self._sets = [frozenset(words) for words in self._terms]
        self._frequency = Counter(chain.from_iterable(self._sets))
        self._bm25 = bm25s.BM25()
        if self._frequency:
            self._bm25.index(self._terms, show_progress=False)

    @classmethod
    def of(cls, context: Context) -> WordIndex:
        return cls([" ".join((*placed.passage.section, context.text_of(placed))) for placed in context.passages])

    def __len__(self) -> int:
        return len(self._terms)

    def scores(self, question: str) -> np.ndarray:
        """BM25 score of every passage, [passages], float64; zeros when no word of the question is known."""
        known = [word for word in terms(question) if word in self._frequency]
        if not known:
            return np.zeros(len(self._terms))
        return np.asarray(self._bm25.get_scores(known), dtype=np.float64)

    def idf(self, term: str) -> float:
        """ln(1 + (N - df + 0.5) / (df + 0.5)) of a stem; a word that is nowhere has the largest."""
        found = self._frequency.get(term, 0)
        return math.log(1.0 + (len(self._terms) - found + 0.5) / (found + 0.5))

    def coverage(self, question_terms: set[str], words: set[str] | frozenset[str]) -> float:
        """Share (0 to 1) of the question's idf that is in `words`."""
        total = sum(self.idf(term) for term in sorted(question_terms))
        return sum(self.idf(term) for term in sorted(question_terms & words)) / total if total else 0.0

    def passage_words(self, index: int) -> frozenset[str]:
        return self._sets[index]

    def occurrences(self, term: str) -> int:
        """In how many passages the stem is."""
        return self._frequency.get(term, 0)


def standardise(values: np.ndarray) -> np.ndarray:
    """z-scores; zeros where all values are equal."""
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)


def fuse(
    bm25: np.ndarray, vector: np.ndarray | None, weights: dict[str, float], passage: np.ndarray | None = None
) -> np.ndarray:
    """Weighted sum of z-scores, [passages]; signals that are None do not count."""
    total = weights.get("bm25", 0.0) * standardise(bm25)
    for name, values in (("vector", vector), ("passage", passage)):
        if values is not None:
            total = total + weights.get(name, 0.0) * standardise(values)
    return total


def rank(
    question: str, index: WordIndex, *, vector: np.ndarray | None = None, passage: np.ndarray | None = None,
    weights: dict[str, float] | None = None,
) -> list[Ranked]:  # fmt: skip
    """All passages, best first; equal scores keep the order of the documents."""
    bm25 = index.scores(question)
    if not len(bm25):
        return []
    by_model = weights and (vector is not None or passage is not None)
    fused = fuse(bm25, vector, weights if weights and by_model else DEFAULT_WEIGHTS, passage)
    order = np.lexsort((np.arange(len(fused)), -fused))
    return [
        Ranked(int(i), float(fused[i]), float(bm25[i]), None if vector is None else float(vector[i])) for i in order
    ]
