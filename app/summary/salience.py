"""How much a sentence says for its whole: weighted signals, and the fold that keeps this bounded in a long document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from docqa.app.summary.selection import Pool, choose
from docqa.app.summary.signals import signals
from docqa.ingest.types import Document

AT_ONCE = 400
"""Sentences that are compared with one another in one step."""
WEIGHTS: dict[str, float] = {
    "words": 0.352, "title": 1.076, "document_start": 0.561, "section_end": 0.22, "paragraph_start": 0.194,
    "length": 0.712, "little_length": -0.492, "claim": 0.256, "aim": 0.416, "digits": -0.297, "methods": -0.272,
}  # fmt: skip
"""Of each signal, fitted by ridge regression on 454 abstracts, 33 papers and 58 proposals (training part)."""


@dataclass(frozen=True)
class Scorer:
    """Scores of the candidates of one document; `bias`, [candidates], is added to them."""

    document: Document
    pool: Pool
    bias: np.ndarray

    def scores(self, numbers: Sequence[int]) -> np.ndarray:
        """Score of each of the candidates `numbers` as a part of a summary of all of them, [numbers]."""
        if not numbers:
            return np.zeros(0)
        found = signals(self.document, [self.pool.candidates[number] for number in numbers])
        return self.bias[list(numbers)] + sum(weight * found[name] for name, weight in WEIGHTS.items())

    def all_scores(self) -> np.ndarray:
        """Scores of all candidates, [candidates]; in a long document each among AT_ONCE neighbours."""
        parts = [self.scores(run) for run in _runs(range(len(self.pool.candidates)))]
        return np.concatenate(parts) if parts else np.zeros(0)

    def choose(self, numbers: Sequence[int], count: int, *, taken: Sequence[int] = ()) -> list[int]:
        """At most `count` of the candidates `numbers` that together say most, in the order of the document."""
        return choose(self.pool, numbers, self.scores(numbers), count, taken=taken)

    def fold(self, parts: Sequence[Sequence[int]]) -> list[int]:
        """At most AT_ONCE candidates of several parts, given by their numbers: of more, the strongest of each run of
        AT_ONCE, with the same share."""
        if sum(map(len, parts)) <= AT_ONCE:
            return sorted(number for part in parts for number in part)
        runs = [run for part in parts for run in _runs(part)]
        share = max(AT_ONCE // len(runs), 2)
        return self.fold([sorted(number for run in runs for number in self.choose(run, share))])


def _runs(numbers: Sequence[int]) -> list[Sequence[int]]:
    return [numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE)]
