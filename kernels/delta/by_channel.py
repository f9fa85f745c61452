"""Products of rows and keys inside a chunk, where every channel of a key has a decay of its own."""

from __future__ import annotations

import torch
from torch import Tensor

BLOCK = 16  # rows that meet each other channel by channel; those of earlier blocks they meet in matrix products


def decayed_products(rows: Tensor, keys: Tensor, sums: Tensor) -> Tensor:
    """P_ij = sum over channels c of rows_ic keys_jc exp(sums_ic - sums_jc) for j <= i, 0 for j > i.

    Between two blocks the exponent is split at the last token before the later one, where neither part is above 0; a
    split inside a block could overflow, so that its own products are made key by key.

    Args:
        rows, keys: [..., chunk, key_dim], chunk a multiple of BLOCK or below it.
        sums: [..., chunk, key_dim], running sums of log decays inside the chunk.

    Returns:
        [..., chunk, chunk] in the dtype of `rows`.
    """
    work, chunk = rows.dtype, rows.shape[-2]
    parts = []
    for start in range(0, chunk, BLOCK):
        stop = min(start + BLOCK, chunk)
        own, earlier = slice(start, stop), slice(0, start)
        blocks = [_inside(rows[..., own, :], keys[..., own, :], sums[..., own, :])]
        if start:
            edge = sums[..., start - 1 : start, :]
            since = rows[..., own, :] * (sums[..., own, :] - edge).to(work).exp()
            until = keys[..., earlier, :] * (edge - sums[..., earlier, :]).to(work).exp()
            blocks.insert(0, since @ until.transpose(-1, -2))
        if stop < chunk:
            blocks.append(rows.new_zeros(*rows.shape[:-2], stop - start, chunk - stop))
        parts.append(torch.cat(blocks, -1))
    return torch.cat(parts, -2)


def _inside(rows: Tensor, keys: Tensor, sums: Tensor) -> Tensor:
    """The same of one block, a column after the other."""
    work, columns = rows.dtype, []
    for at in range(rows.shape[-2]):
        ratio = (sums[..., at:, :] - sums[..., at : at + 1, :]).to(work).exp()
        column = (rows[..., at:, :] * keys[..., at : at + 1, :] * ratio).sum(-1)
        columns.append(torch.nn.functional.pad(column, (at, 0)))
    return torch.stack(columns, -1)
