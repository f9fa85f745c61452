"""The choice of experts: the k largest logits of a token, the lower number first where two are equal."""

from __future__ import annotations

import torch
from torch import Tensor


def route(logits: Tensor, k: int, *, normalise: bool = True) -> tuple[Tensor, Tensor]:
    """Choose k experts for each token and how much each counts.

    Args:
        logits: [tokens, experts].
        normalise: make the k weights add up to 1; otherwise they are what the softmax over all experts gives them.

    Returns:
        Experts, int64 [tokens, k], the largest first, and weights [tokens, k] in the dtype of `logits`, float32 at
        least. A softmax over the chosen logits is the renormalised softmax over all of them.
    """
    wide = logits if logits.dtype == torch.float64 else logits.float()
    count = min(k + 1, wide.shape[-1])
    best, chosen = wide.topk(count, dim=-1)
    # topk promises no order among equals: rows with any among the k + 1 largest are sorted again, which does.
    tied = (best[:, 1:] == best[:, :-1]).any(-1).nonzero()[:, 0]
    if len(tied):
        again, order = wide[tied].sort(dim=-1, descending=True, stable=True)
        best[tied], chosen[tied] = again[:, :count], order[:, :count]
    best, chosen = best[:, :k], chosen[:, :k]
    if normalise:
        return chosen, best.softmax(-1)
    return chosen, (best - wide.logsumexp(-1, keepdim=True)).exp()
