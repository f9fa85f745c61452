"""What an encoder that reads both ways has beside its products, on arrays: attention, layer norms,
activation.

Texts stand one after the other, without padding: text n has the tokens from starts[n] to starts[n
+ 1]. Without the native `library` the formulas of `reference` compute, the same within float32's
rounding.
"""

import ctypes

import numpy as np
from numpy.typing import NDArray

from docqa.kernels.cpu.library import EncoderAttentionCall, LayerNormCall, Library
from docqa.kernels.errors import ShapeMismatch

from .reference import (
    Floats,
    add_layer_norm_reference,
    encoder_attention_reference,
    gelu_reference,
)

FLOAT = np.dtype(np.float32).itemsize


def encoder_attention(
    q: Floats,
    k: Floats,
    v: Floats,
    starts: NDArray[np.int64],
    *,
    heads: int,
    near: Floats | None = None,
    shifts: tuple[Floats, Floats, Floats] | None = None,
    library: Library | None,
) -> Floats:
    """What every token of each text attends to, [tokens, heads * dim] of q, k and v of the same
    shape.

    Token i looks at every token j of its text with the score q_i . k_j * dim^-1/2 + near[head,
    longest - 1 + j - i], of `near` [heads, 2 * longest - 1]. `shifts` [heads * dim], of q, k and v,
    are added to these first. q, k and v may be columns of one array. A text's result has the same
    bits whatever stands beside it.

    Raises ShapeMismatch (`starts` does not end with the number of tokens, or `near` is for shorter
    texts), MemoryError.
    """
    longest = int(np.diff(starts).max(initial=0))
    if starts[-1] != len(q) or (near is not None and near.shape[1] < 2 * longest - 1):
        known = "no" if near is None else str(near.shape[1])
        raise ShapeMismatch(
            f"texts of up to {longest} tokens, {starts[-1]} in all, beside {len(q)} and {known} biases"
        )
    if library is None:
        return encoder_attention_reference(q, k, v, starts, heads=heads, near=near, shifts=shifts)
    if not q.strides == k.strides == v.strides or q.strides[1] != FLOAT:
        q, k, v = (_contiguous_floats(part) for part in (q, k, v))
    starts = np.ascontiguousarray(starts, np.int64)
    near = _contiguous_or_none(near)
    biases = tuple(map(_contiguous_or_none, shifts or (None, None, None)))
    if near is not None:
        longest = (near.shape[1] + 1) // 2
    out = np.empty(q.shape, np.float32)
    call = EncoderAttentionCall(
        len(starts) - 1,
        heads,
        q.shape[1] // heads,
        q.strides[0] // FLOAT,
        longest,
        *map(_address_or_none, (starts, q, k, v, *biases, near, out)),
    )
    library.call_function("encoder_attention", ctypes.byref(call))
    return out


def add_layer_norm(
    x: Floats,
    r: Floats | None,
    weight: Floats,
    bias: Floats,
    eps: float,
    *,
    shift: Floats | None = None,
    library: Library | None,
) -> Floats:
    """LayerNorm(x + (r + shift)) * weight + bias over the last axis, in the shape of x; r in that
    of x or None; `shift` [dim]: the bias of the product r."""
    if library is None:
        return add_layer_norm_reference(x, r, weight, bias, eps, shift=shift)
    dim = x.shape[-1]
    parts = [_contiguous_or_none(part) for part in (x, r, shift, weight, bias)]
    out = np.empty(x.shape, np.float32)
    call = LayerNormCall(x.size // dim, dim, *map(_address_or_none, (*parts, out)), eps)
    library.call_function("add_layer_norm", ctypes.byref(call))
    return out


def biased_gelu(x: Floats, shift: Floats, *, library: Library | None) -> Floats:
    """gelu(x + shift), the exact form, over x; `shift` [dim] is along its last axis. Raises
    ShapeMismatch: x is not float32 in order."""
    if x.dtype != np.float32 or not x.flags.c_contiguous:
        raise ShapeMismatch(f"gelu of {x.shape} {x.dtype} with strides {x.strides}")
    if library is None:
        x[:] = gelu_reference(x + shift)
    else:
        shift = _contiguous_floats(shift)
        dim = x.shape[-1]
        addresses = map(_address_or_none, (x, shift, x))
        library.call_function("biased_gelu", *addresses, x.size // dim, dim)
    return x


def _contiguous_floats(x: Floats) -> Floats:
    """As the kernels read it; itself where it is so already."""
    return np.ascontiguousarray(x, np.float32)


def _contiguous_or_none(x: Floats | None) -> Floats | None:
    return None if x is None else _contiguous_floats(x)


def _address_or_none(x: NDArray[np.generic] | None) -> int | None:
    return None if x is None else x.ctypes.data
