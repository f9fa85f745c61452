"""Attention that reads the blocks of keys which an index chooses for each query, and the tokens behind the last block.

The index has one key for each whole block; a query's score of a block is the sum over its heads of relu(query . key).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from docqa.kernels.attention.kv_cache import Context

TILE = 128  # queries whose keys are gathered together


def chosen_blocks(q: Tensor, keys: Tensor, first: int, size: int, best: int) -> Tensor:
    """Which blocks each query reads, bool [batch, seq, blocks]: the `best` of those that end with it or before it.

    Args:
        q: [batch, seq, heads, dim], queries of the index at the positions from `first` on.
        keys: [batch, blocks, dim], of every whole block of `size` tokens up to the last query.

    Equal scores, such as 0 where no head agrees, are taken in the order of `torch.topk`.
    """
    batch, seq = q.shape[:2]
    work = torch.float64 if q.dtype == torch.float64 else torch.float32
    chosen = torch.zeros(batch, seq, keys.shape[1], dtype=torch.bool, device=q.device)
    wide, at = keys.to(work).transpose(1, 2), 0
    while at < seq:
        whole = (first + at + 1) // size
        until = min((whole + 1) * size - 1 - first, seq)  # before the first query that sees one block more
        if whole <= best:
            chosen[:, at:until, :whole] = True
        else:
            scores = q[:, at:until].to(work).flatten(1, 2) @ wide[..., :whole]
            total = scores.relu().unflatten(1, (until - at, -1)).sum(2)
            chosen[:, at:until].scatter_(2, total.topk(best, -1).indices, True)
        at = until
    return chosen


def attention_indexed(q: Tensor, context: Context, chosen: Tensor, size: int) -> Tensor:
    """Causal attention of q [1, seq, heads, dim], the last positions of `context`, over what is chosen.

    Args:
        chosen: [seq, blocks] of `chosen_blocks`, of `size` tokens each.

    Returns:
        [1, seq, heads, dim]. Only keys and values that a query of a tile reads are unpacked.
    """
    seq = q.shape[1]
    first, out = context.length - seq, torch.empty_like(q)
    for start in range(0, seq, TILE):
        stop = min(start + TILE, seq)
        mask = _visible(chosen[start:stop], first + start, size)
        positions = mask.any(0).nonzero().flatten()
        keys, values = (part[None].transpose(1, 2) for part in context.at(positions, q.dtype))
        out[:, start:stop] = functional.scaled_dot_product_attention(
            q[:, start:stop].transpose(1, 2), keys, values, attn_mask=mask[:, positions], enable_gqa=True
        ).transpose(1, 2)
    return out


def _visible(chosen: Tensor, first: int, size: int) -> Tensor:
    """Which tokens are read by queries [rows] at the positions from `first` on, bool [rows, first + rows]."""
    rows = chosen.shape[0]
    last = first + rows
    tokens = torch.arange(last, device=chosen.device)
    own = tokens[first:, None]  # where each query stands
    visible = (tokens >= (own + 1) // size * size) & (tokens <= own)
    inside = chosen.repeat_interleave(size, 1)[:, :last]
    visible[:, : inside.shape[1]] |= inside
    return visible
