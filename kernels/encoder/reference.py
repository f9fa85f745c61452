"""What an encoder has beside its products, as formulas in numpy, in the dtype given."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def encoder_attention_reference(
    q: Floats,
    k: Floats,
    v: Floats,
    starts: NDArray[np.int64],
    *,
    heads: int,
    near: Floats | None = None,
    shifts: tuple[Floats, Floats, Floats] | None = None,
) -> Floats:
    """`encoder_attention`, one text after the other (Vaswani et al. 2017, arXiv 1706.03762, section
    3.2).
    """
    if shifts is not None:
        q, k, v = (part + shift for part, shift in zip((q, k, v), shifts, strict=True))
    seen = np.empty(v.shape, v.dtype)
    for first, last in zip(starts.tolist(), starts[1:].tolist(), strict=False):
        a, b, c = (
            x[first:last].reshape(last - first, heads, x.shape[1] // heads).swapaxes(0, 1)
            for x in (q, k, v)
        )
        scores = a * a.shape[-1] ** -0.5 @ b.swapaxes(1, 2)  # [heads, tokens, tokens]
        if near is not None:
            scores += distance_bias(near, last - first)
        weights = np.exp(scores - scores.max(-1, keepdims=True, initial=-np.inf))
        weights /= weights.sum(-1, keepdims=True)
        seen[first:last] = (weights @ c).swapaxes(0, 1).reshape(last - first, v.shape[1])
    return seen


def distance_bias(near: Floats, tokens: int) -> Floats:
    """Biases by distance [heads, 2 * longest - 1] to those of every two of `tokens`, [heads,
    tokens, tokens].
    """
    place = np.arange(tokens)
    return near[:, near.shape[1] // 2 + place[None] - place[:, None]]


def add_layer_norm_reference(
    x: Floats,
    r: Floats | None,
    weight: Floats,
    bias: Floats,
    eps: float,
    *,
    shift: Floats | None = None,
) -> Floats:
    """`add_layer_norm` (Ba et al. 2016, arXiv 1607.06450)."""
    if r is not None:
        x = x + (r if shift is None else r + shift)
    x = x - x.mean(-1, keepdims=True)
    return np.asarray(x / np.sqrt(np.square(x).mean(-1, keepdims=True) + eps) * weight + bias)


def gelu_reference(x: Floats) -> Floats:
    """x times the chance that a normal number is below it (Hendrycks and Gimpel 2016, arXiv
    1606.08415).

    numpy has no error function: the chance that one is above a size is e^(-size^2 / 2) times a
    quotient of polynomials, fitted to 6e-8 of the result, as in cpu/encoder.inc.
    """
    size = np.minimum(np.abs(x), 6)
    above = (0.0426012091 * size + 0.222441316) * size + 0.500000179
    below = ((0.105326198 * size + 0.576601863) * size + 1.24279034) * size + 1
    return np.asarray(np.maximum(x, 0) - size * np.exp(size * size * -0.5) * above / below)
