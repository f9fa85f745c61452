"""Causal grouped-query softmax attention, and the choice of key blocks for long contexts."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.kernels.attention.blocks import best_blocks, block_bounds, block_scores
from docqa.kernels.attention.native import attention_native
from docqa.kernels.attention.reference import attention_reference
from docqa.kernels.attention.tiled import attention_tiled
from docqa.kernels.dispatch import choose, register, register_native
from docqa.kernels.errors import ShapeMismatch

__all__ = ["attention", "best_blocks", "block_bounds", "block_scores"]

register_native("attention", attention_native, why="keys packed once a call, softmax kept on the way")
register("attention", "torch tiles", attention_tiled, why="torch's fused attention in tiles of 256 queries")
register("attention", "reference", attention_reference, why="the formula, whole score matrix in memory")


def attention(q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor:
    """Causal attention of q [batch, seq, heads, dim] over k, v [batch, total, kv_heads, dim]; the ends coincide.

    `rounded`: operands may be rounded to 8 bits and bf16 where that is faster; for networks whose other products round
    their activations too. While gradients are recorded torch's attention runs, whatever the machine.

    Raises:
        ShapeMismatch: fewer keys than queries, or query heads no multiple of key heads.
    """
    if k.shape[1] < q.shape[1] or q.shape[2] % k.shape[2] or k.shape != v.shape:
        raise ShapeMismatch(f"attention of q {tuple(q.shape)} over k {tuple(k.shape)}, v {tuple(v.shape)}")
    if torch.is_grad_enabled() and any(x.requires_grad for x in (q, k, v)):
        return attention_tiled(q, k, v)
    return choose("attention", q.device.type, q.dtype).function(q, k, v, rounded=rounded)
