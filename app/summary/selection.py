"""Which sentences to take: the strongest first, none that says again what is said, no section twice while others wait.

Source of the greedy rule: Carbonell and Goldstein 1998, "The Use of MMR, Diversity-Based Reranking", with the share of
words in common as the likeness.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from docqa.app.evidence.terms import terms
from docqa.app.summary.sentences.candidates import SentenceCandidate

SECTION_WEIGHT = 0.25
SAID_ALREADY = 0.6
"""A sentence with this share of its words (or of the other's) in one that is taken is never taken too."""


@dataclass(frozen=True)
class Pool:
    """The candidates of one document, and the stems of each."""

    candidates: list[SentenceCandidate]
    words: list[frozenset[str]]

    @classmethod
    def of(cls, candidates: list[SentenceCandidate]) -> Pool:
        return cls(candidates, [frozenset(terms(candidate.text)) for candidate in candidates])

    def repeats(self, one: int, other: int) -> bool:
        """Whether the shorter of two sentences has SAID_ALREADY of its words in common with the other."""
        fewer = min(len(self.words[one]), len(self.words[other]))
        return len(self.words[one] & self.words[other]) >= SAID_ALREADY * fewer if fewer else False


def choose(
    pool: Pool, numbers: Sequence[int], scores: Sequence[float] | np.ndarray, count: int, *,
    taken: Iterable[int] = (), spread: bool = True,
) -> list[int]:  # fmt: skip
    """At most `count` of the candidates `numbers` with their `scores`, in the order of the document.

    `taken` are already in the summary: nothing that repeats them is chosen. A sentence that needs the one before it is
    chosen only behind that one. With `spread` a section that something was chosen from waits for the others.
    """
    rounded = np.round(np.asarray(scores, dtype=np.float64), 9).tolist()
    left = dict(zip(map(int, numbers), rounded, strict=True))
    for number in taken:
        left = _without(left, pool, number)
    chosen: list[int] = []
    while len(chosen) < count:
        fit = [number for number in left if pool.candidates[number].before in (None, *chosen)]
        if not fit:
            break
        best = max(fit, key=lambda number: (left[number], -number))
        chosen.append(best)
        left = _without(left, pool, best)
        if spread:  # others of its section wait
            section = pool.candidates[best].section
            waits = {n: SECTION_WEIGHT if pool.candidates[n].section == section else 0.0 for n in left}
            left = {number: score - waits[number] for number, score in left.items()}
    return sorted(chosen)


def _without(left: dict[int, float], pool: Pool, said: int) -> dict[int, float]:
    """`left` without a sentence that was said and all that repeat it."""
    return {number: score for number, score in left.items() if number != said and not pool.repeats(number, said)}
