"""Small fits of the calibration, in plain numpy: which of several is right, and whether any is."""

from __future__ import annotations

import numpy as np


def conditional_logit(groups: list[tuple[np.ndarray, np.ndarray]], rounds: int = 400, rate: float = 0.3) -> np.ndarray:
    """Weights that give the right rows of each group [rows, features] the largest share of its softmax."""
    spread = np.concatenate([x for x, _ in groups]).std(0) + 1e-9
    w = np.zeros(len(spread))
    for _ in range(rounds):
        gradient = -0.01 * w
        for x, right in groups:
            z = x / spread @ w
            p = np.exp(z - z.max())
            p /= p.sum()
            target = p * right / max(float((p * right).sum()), 1e-12)
            gradient += (target - p) @ (x / spread) / len(groups)
        w = w + rate * gradient
    return w / spread


def logistic(
    x: np.ndarray,
    y: np.ndarray,
    count: np.ndarray,
    strength: float = 1e-2,
    rounds: int = 60,
    signs: np.ndarray | None = None,
) -> tuple[np.ndarray, float]:
    """Ridge logistic regression by Newton's method on standardised x [n, features]; returns weights and bias.

    `count` [n]: how much each row weighs. `signs` [features]: 1 or -1 where a signal can only speak for or against; one
    that the fit would turn round, the most turned first, is left out with a weight of 0. Signals that go together turn
    each other round on a few hundred rows, and that does not carry over to other documents.
    """
    used = np.ones(x.shape[1], dtype=bool)
    while True:
        weights = np.zeros(x.shape[1])
        weights[used], bias = _newton(x[:, used], y, count, strength, rounds)
        turned = np.zeros(x.shape[1]) if signs is None else np.minimum(weights * signs, 0.0)
        if not turned.any():
            return weights, bias
        used[int(turned.argmin())] = False


def _newton(x: np.ndarray, y: np.ndarray, count: np.ndarray, strength: float, rounds: int) -> tuple[np.ndarray, float]:
    full = np.hstack([x, np.ones((len(x), 1))])
    penalty = np.diag([strength * len(x)] * x.shape[1] + [0.0])
    w = np.zeros(full.shape[1])
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-full @ w))
        gradient = full.T @ (count * (p - y)) + penalty @ w
        hessian = (full * (count * p * (1 - p))[:, None]).T @ full + penalty + 1e-9 * np.eye(len(w))
        w = w - np.linalg.solve(hessian, gradient)
    return w[:-1], float(w[-1])
