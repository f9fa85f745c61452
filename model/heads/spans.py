"""From logits of starts and ends to spans: which tokens are the answer, and how likely it is in
each passage.
"""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class AnswerSpan:
    """Tokens `first` to `last` (inclusive) of passage `passage`; `score` is start plus end logit,
    `said` the same by another reader, where it chose the span."""

    passage: int
    first: int
    last: int
    score: float
    said: float | None = None


@dataclass(frozen=True)
class SpanPredictions:
    """What a head makes of one question and some passages, in natural logarithms. `spans` best
    first, `score` start plus end; `passages` [n]: the answer is in each; `none`: "no answer". All
    share one softmax."""

    spans: tuple[AnswerSpan, ...]
    passages: np.ndarray
    none: float


def span_predictions_from_logits(
    start: np.ndarray,
    end: np.ndarray,
    none: np.ndarray,
    *,
    longest: int,
    each: int,
    other: np.ndarray | None = None,
) -> SpanPredictions:
    """What start and end logits [passages, seq] (-inf outside) and those of "no answer" [2] mean.

    `other` [2, passages, seq]: log-probabilities by another reader, which then chooses spans and
    passages.
    """
    start_all, end_all = (
        float(log_sum_exp(np.append(logits.ravel(), none[at])))
        for at, logits in enumerate((start, end))
    )
    start = start - start_all
    end = end - end_all
    by = np.stack([start, end]) if other is None else other
    spans = best_spans(by[0], by[1], longest, each)
    if other is not None:
        own = [float(start[s.passage, s.first] + end[s.passage, s.last]) for s in spans]
        spans = [
            replace(span, score=score, said=span.score)
            for span, score in zip(spans, own, strict=True)
        ]
    return SpanPredictions(
        tuple(spans), log_sum_exp(by).mean(0), float(none.sum()) - start_all - end_all
    )


def best_spans(start: np.ndarray, end: np.ndarray, longest: int, each: int) -> list[AnswerSpan]:
    """The `each` best spans, at most `longest` tokens, of every passage, all best first, from
    logits [passages, seq] (-inf on padding); of those from one token the best, so that a passage's
    are different places."""
    passages, seq = start.shape
    reach = min(longest, seq)
    padded = np.concatenate([end, np.full((passages, reach - 1), -np.inf, end.dtype)], 1)
    ends = np.lib.stride_tricks.sliding_window_view(
        padded, reach, 1
    )  # those that each start may have
    length = ends.argmax(-1)
    scores = start + np.take_along_axis(ends, length[..., None], -1)[..., 0]
    best = np.argsort(-scores, 1, kind="stable")[:, :each]
    found = [
        AnswerSpan(
            passage, int(first), int(first + length[passage, first]), float(scores[passage, first])
        )
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
