"""Passages ranked by literal words (BM25), by the evidence head and by the passage encoder, fused.
Each signal is z-scored over the passages and weighed by the model's calibration
(`evidence_weights`)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate
from typing import Self

import numpy as np

from docqa.app.context.cached import DocumentPartsCache
from docqa.app.context.context import Context, PlacedPassage
from docqa.app.storage.arrays import Arrays, cached_arrays

from .postings import POSTINGS_FORMAT, Postings
from .terms import terms

_SATURATION = 1.5
_BY_LENGTH = 0.75
"""BM25's k1 and b."""
WORDS_ALONE = {"bm25": 1.0}

PassageNumber = int
"""Which of `Context.passages`, from 0."""


@dataclass(frozen=True)
class RankedPassage:
    """A passage of a Context with its fused `score` and its parts: the raw `bm25`, and the reader's
    log-probability that the answer is in it, None where it was not read."""

    passage_number: PassageNumber
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
        self._parts = [Postings.from_texts(texts)] if postings is None else list(postings)
        self._firsts = list(accumulate(map(len, self._parts), initial=0))
        self._found: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    @classmethod
    def from_context(cls, context: Context) -> Self:
        return cls(map(partial(_text_with_headings, context), context.passages))

    @classmethod
    def load_or_build(cls, context: Context, cache: DocumentPartsCache) -> Self:
        """The same; only documents that are not in the cache are indexed, and then cached."""

        def indexed(number: int) -> Arrays:
            placed = (passage for passage in context.passages if passage.document == number)
            return vars(Postings.from_texts(map(partial(_text_with_headings, context), placed)))

        parts: list[Postings] = []
        for number, document in enumerate(context.documents):
            made_by = (POSTINGS_FORMAT,)
            make = partial(indexed, number)
            arrays = cached_arrays(cache.store, "indexes", document, made_by, cache.notices, make)
            parts.append(Postings(**arrays))
        return cls(postings=parts)

    def __len__(self) -> int:
        return self._firsts[-1]

    def bm25_scores(self, question: str) -> np.ndarray:
        """BM25 score of every passage, [passages], float64; zeros when no word is known."""
        total = np.zeros(len(self), np.float32)
        for term in terms(question):
            passages, counts = self._find_passages_with_stem(term)
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

    def _find_passages_with_stem(self, term: str) -> tuple[np.ndarray, np.ndarray]:
        """(the passages that have the stem, how often each)."""
        if term not in self._found:
            found = [part.passages_with_stem(term) for part in self._parts]
            passages = [first + places for first, (places, _) in zip(self._firsts, found)]
            self._found[term] = (
                np.concatenate([np.zeros(0, int), *passages]),
                np.concatenate([np.zeros(0, int), *(counts for _, counts in found)]),
            )
        return self._found[term]

    def idf(self, term: str) -> float:
        """ln(1 + (N - df + 0.5) / (df + 0.5)) of a stem; a word that is nowhere has the largest."""
        found = self.passage_count(term)
        return math.log(1.0 + (len(self) - found + 0.5) / (found + 0.5))

    def share_of_question_idf(
        self, question_terms: set[str], words: set[str] | frozenset[str]
    ) -> float:
        """Share (0 to 1) of the question's idf that is in `words`."""
        total = sum(self.idf(term) for term in sorted(question_terms))
        return (
            sum(self.idf(term) for term in sorted(question_terms & words)) / total if total else 0.0
        )

    def passage_count(self, term: str) -> int:
        """In how many passages the stem is."""
        return len(self._find_passages_with_stem(term)[0])


def _text_with_headings(context: Context, placed_passage: PlacedPassage) -> str:
    return " ".join((*placed_passage.passage.section, context.text_of(placed_passage)))


def z_scores(values: np.ndarray) -> np.ndarray:
    """z-scores, or zeros of equal values."""
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)


def fuse_signals(signals: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """Weighted sum of the z-scores of each signal, [passages]."""
    total: np.ndarray = sum(
        weights.get(name, 0.0) * z_scores(values) for name, values in signals.items()
    )  # type: ignore[assignment]
    return total


def rank_by_signals(
    signals: Mapping[str, np.ndarray], weights: Mapping[str, float], context: Context
) -> list[RankedPassage]:
    """All passages of `context` by their fused signals ("bm25" among them), best first; contents
    and references, which never answer, last; equal scores keep the order of the documents."""
    if not context.passages:
        return []
    fused = fuse_signals(signals, weights)
    never_answers = np.array([placed.passage.kind != "text" for placed in context.passages])
    order = np.lexsort((-fused, never_answers))
    bm25 = signals["bm25"]
    return list(map(RankedPassage, order.tolist(), fused[order].tolist(), bm25[order].tolist()))


def rank_by_words(question: str, word_index: WordIndex, context: Context) -> list[RankedPassage]:
    """All passages by BM25 alone, as `rank_by_signals`."""
    return rank_by_signals({"bm25": word_index.bm25_scores(question)}, WORDS_ALONE, context)
