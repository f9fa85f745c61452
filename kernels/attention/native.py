"""Causal grouped-query attention in C++: blocks of keys under tiles of rows, softmax kept on the
way.
"""

import ctypes

from torch import Tensor

from docqa.kernels.cpu.library import (
    AttentionCall,
    Library,
    StridedTensor,
    float32_with_dims_in_order,
)

from .tiled import attention_tiled

FEW = 8  # up to so many queries, packing all keys would cost more than it saves


def attention_native(
    q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False, library: Library
) -> Tensor:
    """As `attention_reference`, float32; not differentiable.

    `rounded`: queries and keys in 8 bits with a scale for each token and head; weights and values
    in bf16 for keys of a query's own block of 64, in 8 bits for earlier ones; only where the
    processor multiplies both.
    """
    if q.shape[1] <= FEW:
        return attention_tiled(q, k, v)
    q, k, v = map(float32_with_dims_in_order, (q, k, v))
    batch, seq, heads, dim = q.shape
    out = q.new_empty(batch, seq, heads, dim)
    call = AttentionCall(
        batch,
        seq,
        k.shape[1],
        heads,
        k.shape[2],
        dim,
        int(rounded),
        *map(StridedTensor.from_tensor, (q, k, v)),
        out.data_ptr(),
    )
    library.call_function("attention", ctypes.byref(call))
    return out
