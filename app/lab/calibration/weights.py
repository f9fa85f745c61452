"""How much each signal counts in the order of passages and of candidates, searched on trials."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from docqa.app.eval.evaluate import mean
from docqa.app.lab.calibration.trials import Trial
from docqa.app.reading.best_passages import UNLIKELY

RANKS = {"again_weight": (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.5)}
CANDIDATES = {
    "sentence_weight": (0.0, 0.3, 0.6, 1.0, 2.0, 4.0),
    "evidence_weight": (0.0, 0.03, 0.1, 0.2, 0.4, 0.8),
}
LISTED = 5
CLEARLY = 0.003  # so much better, as a share of the questions, are weights that replace those in force
Weights = dict[str, float]


def search_ranks(trials: Sequence[Trial], now: Mapping[str, float], log: Callable[..., None]) -> Weights:
    """The weight of the reader's log-probabilities ("again_weight").

    That with the largest sum of the shares of questions with a right passage first and among the first five; that in
    force, `now`, where no other is clearly better. `log` gets what came of each.
    """
    asked = [found for trial in trials if (found := _scores(trial))[2].any()]

    def value(again: float) -> float:
        places = [_first_right(base + again * read, right) for base, read, right in asked]
        first, listed = mean(place == 0 for place in places), mean(place < LISTED for place in places)
        log(again_weight=again, hit_at_1=first, hit_at_5=listed)
        return first + listed

    return _search(RANKS, now, value)


def search_candidates(trials: Sequence[Trial], now: Mapping[str, float], log: Callable[..., None]) -> Weights:
    """Weights of what speaks for a candidate besides its probability: the question's words in its sentence
    ("sentence_weight") and how far its passage is behind the first ("evidence_weight").

    Those with which most first candidates are half of a right answer or more; as above.
    """
    asked = [np.array(trial.candidates) for trial in trials if trial.candidates and not trial.unanswerable]

    def value(sentence: float, evidence: float) -> float:
        first = [found[np.argmax(found[:, :3] @ (1.0, sentence, evidence)), 3] for found in asked]
        right = mean(share >= 0.5 for share in first)
        log(sentence_weight=sentence, evidence_weight=evidence, first_right=right)
        return right

    return _search(CANDIDATES, now, value)


def _search(grid: Mapping[str, Sequence[float]], now: Mapping[str, float], value: Callable[..., float]) -> Weights:
    """The first of the best weights of a grid that are clearly better than those in force, or these."""
    chosen = tuple(now[name] for name in grid)
    best = value(*chosen) + CLEARLY
    for weights in itertools.product(*grid.values()):
        if (worth := value(*weights)) > best:
            best, chosen = worth, weights
    return dict(zip(grid, chosen, strict=True))


def _scores(trial: Trial) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By passage: the score before reading, the reader's log-probability, and whether it is right."""
    base, read, right = zip(*trial.passages, strict=True) if trial.passages else ((), (), ())
    return np.array(base), _likely(read), np.array(right, dtype=bool)


def _likely(values: Sequence[float | None]) -> np.ndarray:
    return np.array([UNLIKELY if value is None else max(value, UNLIKELY) for value in values])


def _first_right(scores: np.ndarray, right: np.ndarray) -> int:
    """The place of the first right passage in the order of `scores`."""
    return int(np.argmax(right[np.argsort(-scores, kind="stable")]))
