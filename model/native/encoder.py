"""The encoder of the reader and of the passage encoder (model/heads/encoder.py) on numpy and native kernels.

Texts of a call stand one behind the other, without filling between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from docqa.kernels.cpu import Library, arrays
from docqa.kernels.cpu.arrays import ArrayMatrix
from docqa.kernels.cpu.encoder_arrays import add_layer_norm, biased_gelu, encoder_attention
from docqa.model.heads.encoder_shape import EncoderShape, distance_buckets
from docqa.model.native.tensors import FolderTensors


@dataclass(frozen=True)
class BiasedMatrix:
    """A packed matrix, and what is added to its products."""

    matrix: ArrayMatrix
    shift: np.ndarray

    @classmethod
    def of(cls, tensors: FolderTensors, name: str, shape: tuple[int, int]) -> BiasedMatrix:
        """Raises WeightsMissing, WeightsMismatch."""
        return cls(tensors.matrix(name, shape), tensors.dense(f"{name}.shift", shape[:1]))

    def product(self, x: np.ndarray, library: Library) -> np.ndarray:
        """x [tokens, columns] times the matrix, without the shift."""
        return arrays.product(x, self.matrix, library=library)

    def __call__(self, x: np.ndarray, library: Library) -> np.ndarray:
        """x [tokens, columns] times the matrix and the shift added, [tokens, rows]."""
        found = self.product(x, library)
        found += self.shift
        return found


class NativeEncoder:
    """Token ids of some texts to their states."""

    def __init__(self, tensors: FolderTensors, shape: EncoderShape, library: Library) -> None:
        """Raises WeightsMissing, WeightsMismatch: a tensor is not there, or has not the shape that `shape` says."""
        self.shape, self._library = shape, library
        hidden = shape.hidden
        self._words = tensors.matrix("encoder.words", (shape.vocabulary, hidden))
        self._places = tensors.dense("encoder.places.weight", (shape.positions, hidden))
        self._norm = _norm(tensors, "encoder.norm", hidden)
        self._near = tensors.dense("encoder.near.weight", (shape.buckets, shape.heads)) if shape.buckets else None
        self._layers = [_Layer(tensors, f"encoder.layers.{number}.", shape, library) for number in range(shape.layers)]

    def states(self, texts: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        """States [tokens, hidden] of all texts in order, and where each begins [texts + 1]."""
        lengths = np.array([len(text) for text in texts])
        starts = np.concatenate([[0], np.cumsum(lengths)])
        ids = np.concatenate([np.asarray(text, np.int64) for text in texts])
        places = np.concatenate([np.arange(length) for length in lengths])
        weight, bias = self._norm
        x = self._words.rows(ids)
        x += self._places[places]
        x = add_layer_norm(x, None, weight, bias, self.shape.eps, library=self._library)
        near = self._by_distance(int(lengths.max()))
        for layer in self._layers:
            x = layer(x, starts, near)
        return x, starts

    def _by_distance(self, longest: int) -> np.ndarray | None:
        """What is added to the score of two tokens by how far the second is behind the first, from -(longest - 1) on:
        [heads, 2 * longest - 1]; None where distances are not told apart."""
        if self._near is None:
            return None
        behind = np.arange(1 - longest, longest)
        return np.ascontiguousarray(self._near[distance_buckets(-behind, self.shape.buckets)].T)


class _Layer:
    """Attention and a feed-forward part, each added to its input and normalised after."""

    def __init__(self, tensors: FolderTensors, name: str, shape: EncoderShape, library: Library) -> None:
        self._shape, self._library = shape, library
        hidden, inner = shape.hidden, shape.inner
        of = partial(BiasedMatrix.of, tensors)
        self._query, self._key, self._value, self._attended = (
            of(name + part, (hidden, hidden)) for part in ("query", "key", "value", "attended")
        )
        self._inner, self._outer = of(f"{name}inner", (inner, hidden)), of(f"{name}outer", (hidden, inner))
        self._attended_norm = _norm(tensors, f"{name}attended_norm", hidden)
        self._outer_norm = _norm(tensors, f"{name}outer_norm", hidden)

    def __call__(self, x: np.ndarray, starts: np.ndarray, near: np.ndarray | None) -> np.ndarray:
        library, eps = self._library, self._shape.eps
        parts = self._query, self._key, self._value
        q, k, v = (part.product(x, library) for part in parts)
        shifts = parts[0].shift, parts[1].shift, parts[2].shift
        heads = self._shape.heads
        seen = encoder_attention(q, k, v, starts, heads=heads, near=near, shifts=shifts, library=library)
        added = self._attended.product(seen, library)
        x = add_layer_norm(x, added, *self._attended_norm, eps, shift=self._attended.shift, library=library)
        inner = biased_gelu(self._inner.product(x, library), self._inner.shift, library=library)
        added = self._outer.product(inner, library)
        return add_layer_norm(x, added, *self._outer_norm, eps, shift=self._outer.shift, library=library)


def _norm(tensors: FolderTensors, name: str, hidden: int) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of a layer norm."""
    return tensors.dense(f"{name}.weight", (hidden,)), tensors.dense(f"{name}.bias", (hidden,))
