"""Causal grouped-query attention in tiles of queries: memory stays bounded at any length."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

TILE = 256


def _one_tile(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """q [batch, heads, rows, dim] over k, v [batch, kv_heads, total, dim]; the last row stands at the last key."""
    rows, total = q.shape[2], k.shape[2]
    mask = None
    if rows > 1:
        mask = torch.ones(rows, total, dtype=torch.bool, device=q.device).tril(total - rows)
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)


def attention_tiled(q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor:
    """Same arguments and result as `attention_reference`, through torch's fused attention, TILE queries at a time."""
    seq, total = q.shape[1], k.shape[1]
    queries, keys, values = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
    if seq == total:  # nothing before: torch's own causal form needs no mask in memory
        out = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True, enable_gqa=True)
        return out.transpose(1, 2)
    out = torch.empty_like(queries)
    for start in range(0, seq, TILE):
        stop = min(start + TILE, seq)
        seen = total - seq + stop
        out[:, :, start:stop] = _one_tile(queries[:, :, start:stop], keys[:, :, :seen], values[:, :, :seen])
    return out.transpose(1, 2)
