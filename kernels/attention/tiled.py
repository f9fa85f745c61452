"""Causal grouped-query attention in tiles of queries: memory stays bounded at any length."""

import torch
from torch import Tensor
from torch.nn import functional

TILE = 256


def attention_tiled(q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor:
    """Same arguments and result as `attention_reference`, through torch's fused attention, TILE
    queries at a time.
    """
    seq = q.shape[1]
    total = k.shape[1]
    queries = q.transpose(1, 2)
    keys = k.transpose(1, 2)
    values = v.transpose(1, 2)
    if seq == total:  # nothing before: torch's own causal form needs no mask in memory
        out = functional.scaled_dot_product_attention(
            queries, keys, values, is_causal=True, enable_gqa=True
        )
        return out.transpose(1, 2)
    out = torch.empty_like(queries)
    for start in range(0, seq, TILE):
        stop = min(start + TILE, seq)
        # the last row stands at the last key that is seen
        rows = stop - start
        seen = total - seq + stop
        mask = (
            torch.ones(rows, seen, dtype=torch.bool, device=q.device).tril(seen - rows)
            if rows > 1
            else None
        )
        out[:, :, start:stop] = functional.scaled_dot_product_attention(
            queries[:, :, start:stop],
            keys[:, :, :seen],
            values[:, :, :seen],
            attn_mask=mask,
            enable_gqa=True,
        )
    return out.transpose(1, 2)
