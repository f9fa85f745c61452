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


@dataclass(frozen=True)
class Threshold:
    """From which chance on an answer is asserted; `reached`: whether the aims were, else it has the
    best balance.
    """

    value: float
    reached: bool


def choose_threshold(
    chances: np.ndarray,
    right: np.ndarray,
    unanswerable: np.ndarray,
    *,
    precision: float,
    refusing: float,
    counts: np.ndarray | None = None,
) -> Threshold:
    """The threshold, in hundredths, with the most right answers among those that reach both aims.

    Aims: the share of what is asserted that is `right`, and the share of `unanswerable` questions
    that is refused. Where none reaches both, the one with the largest sum of the shares of the
    answerable questions that are answered rightly and of the unanswerable ones that are refused. Of
    equal ones the lowest. `counts` as of `logistic`.
    """
    answerable = max(int((~unanswerable).sum()), 1)
    none = max(int(unanswerable.sum()), 1)
    reached = []
    balanced = []
    counted = np.ones(len(chances)) if counts is None else counts
    for value in np.arange(5, 96) / 100:
        kept = chances >= value
        found = int((kept & right).sum())
        refused = int((~kept & unanswerable).sum()) / none
        if found >= precision * max(float(counted[kept].sum()), 1.0) and (
            refused >= refusing or not unanswerable.any()
        ):
            reached.append((found, -value))
        balanced.append((found / answerable + refused, -value))
    return Threshold(round(float(-max(reached or balanced)[1]), 2), bool(reached))
