"""The native kernels on numpy arrays, float32 and contiguous, without torch; `tensors.wrap_array_operation`
wraps them.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .library import (
    ConvCall,
    DeltaCall,
    Library,
    ProductCall,
    RotateCall,
    StridedTensor,
)

if TYPE_CHECKING:
    from torch import Tensor

GROUP = 64
FEW_TOKENS = 8  # up to here the recurrence is faster than a chunk that is mostly padding


@dataclass(frozen=True)
class PackedMatrix:
    """A matrix [rows, columns] in groups of 64 columns, 4 or 8 bits a value, which is (q - zero) *
    scale.

    `q`: uint8 [rows, columns / 2], two columns a byte, the low half first; or int8 [rows, columns].
    `scale`, `zero`: fp16 [columns / 64, rows], transposed, so that neighbouring rows' scales lie
    together.
    """

    q: np.ndarray
    scale: np.ndarray
    zero: np.ndarray

    @classmethod
    def from_parts(cls, *parts: np.ndarray | Tensor) -> PackedMatrix:
        """From the checkpoint's q, scale and zero [rows, columns / 64]; `q` is not copied. Raises
        ValueError.
        """
        q, scale, zero = map(np.asarray, parts)
        rows, groups = scale.shape if scale.ndim == 2 else (0, 0)
        columns = groups * GROUP
        whole = (
            q.dtype == np.uint8
            and q.shape == (rows, columns // 2)
            or q.dtype == np.int8
            and q.shape == (rows, columns)
        )
        if (
            not whole
            or zero.shape != scale.shape
            or {scale.dtype, zero.dtype} != {np.dtype(np.float16)}
        ):
            raise ValueError(
                f"{q.dtype} {q.shape} with scale {scale.shape} and zero {zero.shape} is no packed matrix"
            )
        return cls(
            np.ascontiguousarray(q), np.ascontiguousarray(scale.T), np.ascontiguousarray(zero.T)
        )

    @property
    def bits(self) -> int:
        return 4 if self.q.dtype == np.uint8 else 8

    @property
    def shape(self) -> tuple[int, int]:
        return self.q.shape[0], self.scale.shape[0] * GROUP

    def addresses(self) -> tuple[int, int, int]:
        """Where `q`, `scale` and `zero` lie."""
        return self.q.ctypes.data, self.scale.ctypes.data, self.zero.ctypes.data

    def rows(self, numbers: np.ndarray | slice = slice(None)) -> np.ndarray:
        """The values of the rows `numbers`, or of all, float32 [numbers, columns]."""
        q = self.q[numbers]
        if self.bits == 4:
            q = np.stack([q & 15, q >> 4], -1).reshape(len(q), -1)
        groups = q.astype(np.float32).reshape(len(q), -1, GROUP)
        groups -= self.zero.T[numbers].astype(np.float32)[..., None]
        groups *= self.scale.T[numbers].astype(np.float32)[..., None]
        return groups.reshape(len(q), -1)

    def dense(self, rows: Tensor | None = None) -> Tensor:
        """`rows` as a tensor, of the numbers in a tensor."""
        import torch

        return torch.from_numpy(self.rows() if rows is None else self.rows(rows.numpy()))


def address(x: np.ndarray) -> int:
    """Where a contiguous float32 array lies. Raises ValueError for another."""
    if x.dtype != np.float32 or not x.flags.c_contiguous:
        raise ValueError(f"{x.dtype} with strides {x.strides} is not float32 in order")
    return int(x.ctypes.data)


def product(x: np.ndarray, matrix: PackedMatrix, *, library: Library | None = None) -> np.ndarray:
    """x [.., columns] times the matrix, [.., rows].

    The native library rounds x to 8 bits in groups of 64; a token's bits do not depend on what
    stands beside it.
    """
    rows, columns = matrix.shape
    if x.shape[-1] != columns:
        raise ValueError(f"x {x.shape} does not fit a matrix of {matrix.shape}")
    if library is None:
        return x @ matrix.rows().T
    out = np.empty((*x.shape[:-1], rows), np.float32)
    call = ProductCall(
        x.size // columns, rows, columns, matrix.bits, *matrix.addresses(), address(x), address(out)
    )
    library.call_function("product", ctypes.byref(call))
    return out


def delta_rule(
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    *,
    decay: np.ndarray,
    beta: np.ndarray,
    state: np.ndarray | None = None,
    step: bool | None = None,
    library: Library,
) -> tuple[np.ndarray, np.ndarray]:
    """As `kernels.delta.delta_rule`. `step`: by the recurrence, not chunks; absent, the number of
    tokens decides.
    """
    (batch, seq, heads, _), key_dim = v.shape, k.shape[3]
    memory = (
        np.zeros((batch, heads, key_dim, v.shape[-1]), np.float32)
        if state is None
        else np.array(state, order="C")
    )
    out = np.empty((batch, seq, heads, v.shape[-1]), np.float32)
    rest = (
        address(x) for x in (np.ascontiguousarray(decay), np.ascontiguousarray(beta), memory, out)
    )
    strided = (_strided_tensor(x) for x in (q, k, v))
    call = DeltaCall(
        batch, seq, heads, key_dim, v.shape[-1], *strided, *rest, None, heads // k.shape[2]
    )
    steps = seq <= FEW_TOKENS if step is None else step
    library.call_function("delta_step" if steps else "delta", ctypes.byref(call))
    return out, memory


def causal_conv(
    x: np.ndarray,
    weight: np.ndarray,
    history: np.ndarray | None = None,
    *,
    unit: tuple[int, int],
    library: Library,
) -> np.ndarray:
    """SiLU of the causal convolution of x [batch, seq, channels] by weight [channels, 1, taps],
    `history` [batch, taps
    - 1, channels] (or zeros) before it. The first `unit` (heads, dim) channels come out as unit
      vectors."""
    batch, seq, channels = x.shape
    taps = weight.shape[-1]
    before = np.zeros((batch, taps - 1, channels), np.float32) if history is None else history
    kernel = np.ascontiguousarray(weight.reshape(channels, taps).T)
    out = np.empty_like(x)
    places = (address(part) for part in (x, before, kernel))
    library.call_function(
        "conv", ctypes.byref(ConvCall(batch, seq, channels, taps, *places, *unit, address(out)))
    )
    return out


def zero_centred_norm(
    x: np.ndarray, weight: np.ndarray, eps: float, *, library: Library
) -> np.ndarray:
    """x / rms(x) * (1 + weight) over the last axis."""
    out = np.empty_like(x)
    dim = x.shape[-1]
    library.call_function(
        "norm", address(x), address(weight), eps, address(out), x.size // dim, dim
    )
    return out


def gated_norm(
    x: np.ndarray, z: np.ndarray, weight: np.ndarray, eps: float, *, library: Library
) -> np.ndarray:
    """x / rms(x) * weight * SiLU(z) over the last axis."""
    out = np.empty_like(x)
    dim = x.shape[-1]
    library.call_function(
        "gated_norm", address(x), address(z), address(weight), eps, address(out), x.size // dim, dim
    )
    return out


def silu_product(gate: np.ndarray, up: np.ndarray, *, library: Library) -> np.ndarray:
    """SiLU(gate) * up, element by element."""
    out = np.empty_like(gate)
    library.call_function("gated_product", address(gate), address(up), address(out), gate.size)
    return out


def rotate(x: np.ndarray, cos: np.ndarray, sin: np.ndarray, *, library: Library) -> np.ndarray:
    """What `kernels.rope.rotate` does."""
    out = np.empty_like(x)
    call = RotateCall(*x.shape, cos.shape[-1], *map(address, (x, cos, sin, out)))
    library.call_function("rotate", ctypes.byref(call))
    return out


def _strided_tensor(x: np.ndarray) -> StridedTensor:
    """x [batch, seq, heads, dim], whose dims lie next to each other."""
    if x.dtype != np.float32 or x.strides[-1] != x.itemsize:
        raise ValueError(f"{x.dtype} with strides {x.strides} has no dims side by side")
    return StridedTensor(int(x.ctypes.data), *(stride // x.itemsize for stride in x.strides[:3]))
