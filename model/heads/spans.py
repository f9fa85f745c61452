"""From logits of starts and ends to spans: which tokens are the answer, and how likely it is in each passage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Span:
    """Tokens `first` to `last` (inclusive) of passage `passage`; `score` is start plus end logit."""

    passage: int
    first: int
    last: int
    score: float


@dataclass(frozen=True)
class SpanReading:
    """What a head makes of one question and some passages, as natural logarithms of probabilities.

    `spans` best first, `score` their start plus end log-probability; `passages` [n] how likely the answer is in each;
    `none` of "no answer" (start plus end). Start and end are normalised over all passages and "no answer".
    """

    spans: tuple[Span, ...]
    passages: np.ndarray
    none: float


def span_reading(
    start: np.ndarray, end: np.ndarray, none: np.ndarray, *, longest: int, each: int
) -> SpanReading:
    """What start and end logits [passages, seq] (-inf outside) and those of "no answer" [2] mean."""
    start_all, end_all = (
        float(log_sum_exp(np.append(logits.ravel(), none[at]))) for at, logits in enumerate((start, end))
    )
    start, end = start - start_all, end - end_all
    likely = (log_sum_exp(start) + log_sum_exp(end)) / 2
    return SpanReading(tuple(best_spans(start, end, longest, each)), likely, float(none.sum()) - start_all - end_all)


def best_spans(start: np.ndarray, end: np.ndarray, longest: int, each: int) -> list[Span]:
    """The `each` best spans of every passage, all of them best first, from logits [passages, seq] (-inf on filling).

    A span has at most `longest` tokens; of those that start at one token only the best is taken, so that the few of a
    passage are different places and not one place cut differently.
    """
    passages, seq = start.shape
    reach = min(longest, seq)
    padded = np.concatenate([end, np.full((passages, reach - 1), -np.inf, end.dtype)], 1)
    ends = np.lib.stride_tricks.sliding_window_view(padded, reach, 1)  # those that each start may have
    length = ends.argmax(-1)
    scores = start + np.take_along_axis(ends, length[..., None], -1)[..., 0]
    best = np.argsort(-scores, 1, kind="stable")[:, :each]
    found = [
        Span(passage, int(first), int(first + length[passage, first]), float(scores[passage, first]))
        for passage, row in enumerate(best)
        for first in row
        if scores[passage, first] > -np.inf
    ]
    return sorted(found, key=lambda span: -span.score)


def log_sum_exp(x: np.ndarray) -> np.ndarray:
    """log of the sum of e^x over the last axis; -inf where all are."""
    largest = x.max(-1, keepdims=True)
    shift = np.where(np.isfinite(largest), largest, 0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(x - shift).sum(-1)) + shift[..., 0])


def log_softmax(x: np.ndarray) -> np.ndarray:
    """x less its `log_sum_exp`."""
    return x - log_sum_exp(x)[..., None]


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-x), for -inf too."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-x)))
