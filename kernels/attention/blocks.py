"""Attention past the exact window: the blocks of keys that a tile of queries reads, by a bound on
their scores.
"""

import torch
from torch import Tensor


def block_bounds(k: Tensor, block: int) -> Tensor:
    """Smallest and largest key of every whole block, by dim: k [total, kv_heads, dim] -> [blocks,
    2, kv_heads, dim].
    """
    whole = k[: k.shape[0] // block * block].unflatten(0, (-1, block))
    return torch.stack([whole.amin(1), whole.amax(1)], 1)


def block_scores(q: Tensor, bounds: Tensor) -> Tensor:
    """Upper bound of the mean query's score on each block, [kv_heads, blocks]: q [rows, heads, dim]
    is one tile of queries, `bounds` [blocks, 2, kv_heads, dim] from `block_bounds`.

    The bound sum_d max(q_d * min_d, q_d * max_d) is that of Tang et al. 2024, "Quest" (arXiv
    2406.10774), here for the mean query of each head; a group of query heads takes the largest of
    its heads' bounds.
    """
    groups = bounds.shape[2]
    mean = (
        q.to(bounds.dtype).mean(0).unflatten(0, (groups, -1))
    )  # [kv_heads, heads of a group, dim]
    # both are [kv_heads, blocks, dim]
    low = bounds[:, 0].transpose(0, 1)
    high = bounds[:, 1].transpose(0, 1)
    positive = mean.clamp(min=0)
    negative = mean.clamp(max=0)
    bound = positive @ high.transpose(1, 2) + negative @ low.transpose(1, 2)
    return bound.amax(1)


def best_blocks(q: Tensor, bounds: Tensor, count: int) -> Tensor:
    """Indices of the `count` best blocks for each key head, ascending: [kv_heads, count]; ties go
    to the earlier.
    """
    scores = block_scores(q, bounds)
    order = torch.sort(scores, dim=1, descending=True, stable=True).indices
    return order[:, :count].sort(1).values
