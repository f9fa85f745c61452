"""Sizes of an encoder, and how it tells distances apart; for its form in torch and the one on native kernels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

FURTHEST = 128  # tokens: all that are further apart share the last bucket
EMBEDDING_BITS, MATRIX_BITS, HEAD_BITS = 4, 4, 8  # that a number has in a file


@dataclass(frozen=True)
class EncoderShape:
    """Sizes of an encoder; `positions` is the longest text, in tokens, `buckets` how many distances are told apart.

    Without buckets attention knows no distances (BERT, Devlin et al. 2019).
    """

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    buckets: int
    eps: float = 1e-5


def shape_of(about: Mapping[str, str]) -> EncoderShape:
    """The shape in a file's metadata. Raises KeyError or ValueError."""
    sizes = ("vocabulary", "hidden", "layers", "heads", "inner", "positions", "buckets")
    return EncoderShape(**{name: int(about[name]) for name in sizes}, eps=float(about["eps"]))


def described(shape: EncoderShape) -> dict[str, str]:
    """What `shape_of` reads."""
    return {name: str(value) for name, value in asdict(shape).items()}


def distance_buckets(back: np.ndarray, buckets: int) -> np.ndarray:
    """The bucket of each distance `back` to a token, negative where that stands behind, int64 of the same shape.

    Half of the buckets are for tokens behind. Up to a quarter of `buckets` a distance has its own, then they widen
    with its logarithm.
    """
    half, own = buckets // 2, buckets // 4
    far = np.maximum(np.abs(back), 1).astype(np.float32)
    wide = own + (np.log(far / np.float32(own)) / np.float32(math.log(FURTHEST / own)) * (half - own)).astype(np.int64)
    return (back < 0) * half + np.where(np.abs(back) < own, np.abs(back), np.minimum(wide, half - 1))
