"""The encoder of reader and passage encoder: it reads a text both ways (Devlin et al. 2019, arXiv
1810.04805).

Unlike the trunk it reads a question and an excerpt together; it is for short texts, since every
token looks at every other. Beside the places of tokens, every layer's attention knows how far apart
two tokens are (Raffel et al. 2020, arXiv 1910.10683, section 2.1), as in MPNet (Song et al. 2020,
arXiv 2004.09297). Texts of a call stand one after the other, without padding between them.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from docqa.kernels.cpu import Library, arrays
from docqa.kernels.cpu.arrays import PackedMatrix
from docqa.kernels.encoder import add_layer_norm, biased_gelu, encoder_attention
from docqa.model.errors import WeightsMismatch

from .tensors import FolderTensors

FURTHEST = 128  # tokens: all that are further apart share the last bucket


@dataclass(frozen=True)
class EncoderShape:
    """Sizes of an encoder; `positions`: the longest text in tokens, `buckets`: distances that
    differ, 0: none (BERT).
    """

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    buckets: int
    eps: float = 1e-5


def encoder_shape_of(about: Mapping[str, str]) -> EncoderShape:
    """The shape in a file's metadata. Raises KeyError or ValueError."""
    sizes = ("vocabulary", "hidden", "layers", "heads", "inner", "positions", "buckets")
    return EncoderShape(**{name: int(about[name]) for name in sizes}, eps=float(about["eps"]))


def distance_buckets(back: np.ndarray, buckets: int) -> np.ndarray:
    """The bucket of each distance `back` to a token, negative after, int64 of the same shape; half
    are for tokens after. Up to a quarter of `buckets` a distance has its own, then they widen with
    its logarithm."""
    half = buckets // 2
    own = buckets // 4
    far = np.maximum(np.abs(back), 1).astype(np.float32)
    wide = own + (
        np.log(far / np.float32(own)) / np.float32(math.log(FURTHEST / own)) * (half - own)
    ).astype(np.int64)
    return (back < 0) * half + np.where(
        np.abs(back) < own, np.abs(back), np.minimum(wide, half - 1)
    )


class BiasedMatrix:
    """A matrix, packed or (a small one) in float32, and `shift`, what is added to its products."""

    def __init__(
        self, tensors: FolderTensors, name: str, shape: tuple[int, int], library: Library | None
    ) -> None:
        """Raises WeightsMissing, WeightsMismatch: a tensor is not there, or has another shape."""
        self._library = library
        packed = f"{name}.q" in tensors
        self._matrix: PackedMatrix | np.ndarray = (
            tensors.matrix(name, shape) if packed else tensors.dense(f"{name}.weight", shape)
        )
        self.shift = tensors.dense(f"{name}.shift", shape[:1])

    def multiply(self, x: np.ndarray) -> np.ndarray:
        """x [tokens, columns] times the matrix, [tokens, rows], without the shift."""
        if isinstance(self._matrix, np.ndarray):
            return x @ self._matrix.T
        return arrays.product(x, self._matrix, library=self._library)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The same with the shift added."""
        found = self.multiply(x)
        found += self.shift
        return found


class ArrayEncoder:
    """Token ids of some texts to their states."""

    def __init__(
        self, tensors: FolderTensors, shape: EncoderShape, library: Library | None
    ) -> None:
        """Raises WeightsMissing, WeightsMismatch: a tensor is not there, or has not the shape that
        `shape` says.
        """
        self.shape = shape
        self._words = tensors.matrix("encoder.words", (shape.vocabulary, shape.hidden))
        self._places = tensors.dense("encoder.places.weight", (shape.positions, shape.hidden))
        self._norm = _layer_norm(tensors, "encoder.norm", shape, library)
        self._near = (
            tensors.dense("encoder.near.weight", (shape.buckets, shape.heads))
            if shape.buckets
            else None
        )
        self._layers = [
            _EncoderLayer(tensors, f"encoder.layers.{number}.", shape, library)
            for number in range(shape.layers)
        ]

    def states(self, texts: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        """States [tokens, hidden] of all texts in order, and where each begins [texts + 1]."""
        lengths = np.array([len(text) for text in texts])
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.concatenate([np.arange(length) for length in lengths])
        x = self._words.rows(np.concatenate([np.asarray(text, np.int64) for text in texts]))
        x += self._places[places]
        x = self._norm(x, None)
        near = self._distance_biases(int(lengths.max()))
        for layer in self._layers:
            x = layer(x, starts, near)
        return x, starts

    def _distance_biases(self, longest: int) -> np.ndarray | None:
        """What the distance of two tokens adds to their score, from -(longest - 1) on, [heads, 2 *
        longest - 1], if anything."""
        if self._near is None:
            return None
        behind = np.arange(1 - longest, longest)
        return np.ascontiguousarray(self._near[distance_buckets(-behind, self.shape.buckets)].T)


def load_encoder(
    files: Sequence[Path], library: Library | None
) -> tuple[ArrayEncoder, FolderTensors]:
    """The encoder in `files`, and all of their tensors. Raises WeightsMissing, WeightsMismatch:
    each names a file.
    """
    tensors = FolderTensors(files)
    try:
        shape = encoder_shape_of(tensors.metadata)
    except (KeyError, ValueError) as error:
        raise WeightsMismatch(
            f"{files[0]}: this is not an encoder ({error}); fetch the folder again"
        ) from error
    return ArrayEncoder(tensors, shape, library), tensors


def _layer_norm(
    tensors: FolderTensors, name: str, shape: EncoderShape, library: Library | None
) -> Callable[..., np.ndarray]:
    """`add_layer_norm` with the weight and the bias `name`."""
    weight, bias = (tensors.dense(f"{name}.{part}", (shape.hidden,)) for part in ("weight", "bias"))
    return partial(add_layer_norm, weight=weight, bias=bias, eps=shape.eps, library=library)


class _EncoderLayer:
    """Attention and a feed-forward part, each added to its input and normalised after."""

    def __init__(
        self, tensors: FolderTensors, name: str, shape: EncoderShape, library: Library | None
    ) -> None:
        hidden = shape.hidden
        inner = shape.inner
        matrix = partial(BiasedMatrix, tensors, library=library)
        self._query, self._key, self._value, self._attended = (
            matrix(name + part, (hidden, hidden)) for part in ("query", "key", "value", "attended")
        )
        self._inner = matrix(f"{name}inner", (inner, hidden))
        self._outer = matrix(f"{name}outer", (hidden, inner))
        self._attended_norm, self._outer_norm = (
            _layer_norm(tensors, name + part, shape, library)
            for part in ("attended_norm", "outer_norm")
        )
        shifts = self._query.shift, self._key.shift, self._value.shift
        self._attend = partial(encoder_attention, heads=shape.heads, shifts=shifts, library=library)
        self._gelu = partial(biased_gelu, library=library)

    def __call__(self, x: np.ndarray, starts: np.ndarray, near: np.ndarray | None) -> np.ndarray:
        q, k, v = (part.multiply(x) for part in (self._query, self._key, self._value))
        seen = self._attend(q, k, v, starts, near=near)
        x = self._attended_norm(x, self._attended.multiply(seen), shift=self._attended.shift)
        inner = self._gelu(self._inner.multiply(x), self._inner.shift)
        return self._outer_norm(x, self._outer.multiply(inner), shift=self._outer.shift)
