"""Small fits of the calibration, in plain numpy: logistics that are pulled towards known ones, and
a threshold.
"""

from dataclasses import dataclass

import numpy as np

_ROUNDS = 60
_SMALLEST = 1e-8


@dataclass(frozen=True)
class FittedLine:
    """A weight for each column of a design, and a bias; the logits of rows are `x @ weights +
    bias`.
    """

    weights: np.ndarray
    bias: float


def logistic(
    x: np.ndarray,
    y: np.ndarray,
    *,
    pull: float,
    towards: FittedLine | None = None,
    signs: np.ndarray | None = None,
    counts: np.ndarray | None = None,
) -> FittedLine:
    """The logistic regression of y [rows], 0 or 1, on x [rows, columns].

    `pull`: how firmly weights are held at those of `towards` (0 without it); with it the bias is
    held too, as firmly. `signs` [columns]: 1 or -1 where a column can only speak for or against,
    else 0; one that the fit would turn round, the most turned first, is left out with a weight of
    0. Columns that go together turn each other round on a few hundred rows, and that does not carry
    over to other documents. `counts` [rows]: as how many rows each counts.
    """
    center = np.zeros(x.shape[1] + 1)
    hold = np.full(x.shape[1] + 1, pull)
    if towards is None:
        hold[-1] = _SMALLEST * len(x)
    else:
        center[:-1], center[-1] = towards.weights, towards.bias
    full = np.hstack([x, np.ones((len(x), 1))])
    used = np.ones(len(center), dtype=bool)
    counted = np.ones(len(x)) if counts is None else counts
    while True:
        found = np.zeros(len(center))
        found[used] = _newton(full[:, used], y, counted, center[used], hold[used])
        turned = np.zeros(x.shape[1]) if signs is None else np.minimum(found[:-1] * signs, 0.0)
        if not turned.any():
            return FittedLine(found[:-1], float(found[-1]))
        used[int(turned.argmin())] = False


def _newton(
    x: np.ndarray, y: np.ndarray, counts: np.ndarray, center: np.ndarray, hold: np.ndarray
) -> np.ndarray:
    """Least loss of y on x plus half of the held squares around `center`, by Newton's method with
    halved steps.
    """

    def loss(w: np.ndarray) -> float:
        logits = x @ w
        return float(
            (counts * (np.logaddexp(0.0, logits) - y * logits)).sum() + hold @ (w - center) ** 2 / 2
        )

    w = center.copy()
    for _ in range(_ROUNDS):
        p = chance(x @ w)
        gradient = x.T @ (counts * (p - y)) + hold * (w - center)
        hessian = (x * (counts * p * (1 - p))[:, None]).T @ x + np.diag(hold + _SMALLEST)
        step = np.linalg.solve(hessian, gradient)
        while loss(w - step) > loss(w) and np.abs(step).max() > _SMALLEST:
            step = step / 2
        w = w - step
        if np.abs(step).max() < _SMALLEST:
            break
    return w


def chance(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -60.0, 60.0))))


def log_loss(chances: np.ndarray, y: np.ndarray, counts: np.ndarray | None = None) -> float:
    """Mean surprise of what came, y 0 or 1, in nats; a chance counts as at least 1 in 1,000."""
    kept = np.clip(chances, 1e-3, 1 - 1e-3)
    return float(-np.average(np.where(y, np.log(kept), np.log(1 - kept)), weights=counts))


def choose_threshold(
    chances: np.ndarray, right: np.ndarray, counts: np.ndarray, *, precision: float, least: float
) -> float:
    """The lowest threshold in hundredths, from `least` on, at which the share of what is asserted
    that is `right` reaches `precision`; where none does, that with the largest share. `counts` as
    of `logistic`."""
    best = (0.0, least)
    for value in np.arange(round(least * 100), 96) / 100:
        kept = chances >= value
        share = float((counts * right)[kept].sum() / max(counts[kept].sum(), 1.0))
        if share >= precision:
            return float(value)
        best = max(best, (share, float(value)))
    return best[1]
