"""Which sentences to take: the strongest first, none that says again what is said, no section twice while others wait.

Source of the greedy rule: Carbonell and Goldstein 1998, "The Use of MMR, Diversity-Based Reranking", with the share of
words in common beside the likeness of vectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from docqa.app.summary.candidates import Candidate
from docqa.app.summary.signals import sentence_means, unit
from docqa.app.words import terms

LIKENESS_WEIGHT = 0.6
SECTION_WEIGHT = 0.25
SAID_ALREADY = 0.6
"""A sentence with this share of its words (or of the other's) in one that is taken is never taken too."""


@dataclass(frozen=True)
class Pool:
    """The candidates of one document with what was computed of all of them.

    `vectors` [candidates, width] are the means of their rows with length 1, `words` their stems.
    """

    candidates: list[Candidate]
    vectors: np.ndarray
    words: list[frozenset[str]]

    @classmethod
    def of(cls, candidates: list[Candidate], rows: Any) -> Pool:
        """Pool of a document with the kept `rows`, int8 [tokens, width]."""
        vectors = unit(sentence_means(rows, candidates))
        return cls(candidates, vectors, [frozenset(terms(candidate.text)) for candidate in candidates])

    def same(self, one: int, other: int) -> float:
        """Share (0 to 1) of the words of the shorter of two sentences that the other has too."""
        fewer = min(len(self.words[one]), len(self.words[other]))
        return len(self.words[one] & self.words[other]) / fewer if fewer else 0.0


def choose(
    pool: Pool,
    numbers: Sequence[int],
    scores: Sequence[float] | np.ndarray,
    count: int,
    *,
    taken: Iterable[int] = (),
    spread: bool = True,
) -> list[int]:
    """At most `count` of the candidates `numbers` with their `scores`, in the order of the document.

    `taken` are already in the summary: nothing that repeats them is chosen. A sentence that needs the one before it is
    chosen only behind that one. With `spread` a section that something was chosen from waits for the others.
    """
    chosen: list[int] = []
    present = list(taken)
    left = dict(zip(numbers, (round(float(score), 9) for score in scores), strict=True))
    while left and len(chosen) < count:
        best = max(left, key=lambda number: (_gain(pool, number, left[number], present, chosen, spread), -number))
        if _gain(pool, best, left[best], present, chosen, spread) == -np.inf:
            break
        del left[best]
        chosen.append(best)
        present.append(best)
    return sorted(chosen)


def _gain(pool: Pool, number: int, score: float, present: list[int], chosen: list[int], spread: bool) -> float:
    candidate = pool.candidates[number]
    if candidate.before is not None and candidate.before not in chosen:
        return -np.inf
    if any(pool.same(number, other) >= SAID_ALREADY for other in present):
        return -np.inf
    like = max((float(pool.vectors[number] @ pool.vectors[other]) for other in present), default=0.0)
    sections = sum(pool.candidates[other].section == candidate.section for other in chosen) if spread else 0
    return score - LIKENESS_WEIGHT * max(like, 0.0) - SECTION_WEIGHT * sections
