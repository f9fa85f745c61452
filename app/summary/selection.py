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
    round_ = _Round(pool, numbers, scores)
    for number in taken:
        round_.say(number)
    chosen: list[int] = []
    while len(chosen) < count and (best := round_.best(chosen)) is not None:
        chosen.append(best)
        round_.say(best)
        if spread:  # others of its section wait
            round_.waits += round_.sections == pool.candidates[best].section
    return sorted(chosen)


class _Round:
    """What each candidate is still worth. Mutable: every sentence that is said shuts out those like it."""

    def __init__(self, pool: Pool, numbers: Sequence[int], scores: Sequence[float] | np.ndarray) -> None:
        self.pool = pool
        self.numbers = np.array(numbers, dtype=np.int64)
        self.scores = np.round(np.asarray(scores, dtype=np.float64), 9)
        self.sections = np.array([pool.candidates[number].section for number in numbers])
        self.before = [pool.candidates[number].before for number in numbers]
        self.shut = np.zeros(len(numbers), dtype=bool)
        self.waits = np.zeros(len(numbers))

    def say(self, number: int) -> None:
        """A sentence is in the summary."""
        self.shut |= np.array([self.pool.repeats(int(other), number) for other in self.numbers], dtype=bool)
        self.shut |= self.numbers == number

    def best(self, chosen: list[int]) -> int | None:
        """The candidate that adds most, of equals the first of the document; None where nothing may be added."""
        waiting = np.array([before is not None and before not in chosen for before in self.before], dtype=bool)
        worth = self.scores - SECTION_WEIGHT * self.waits
        worth[self.shut | waiting] = -np.inf
        if not len(worth) or worth.max() == -np.inf:
            return None
        return int(self.numbers[worth == worth.max()].min())
