"""Causal grouped-query attention with the whole score matrix in memory."""

import torch
from torch import Tensor


def attention_reference(q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor:
    """Softmax attention of the last `seq` positions over all `total` keys; scale dim ** -0.5,
    softmax in float32.

    q is [batch, seq, heads, dim], its last row at the last key; k and v are [batch, total,
    kv_heads, dim]; query head n reads key head n * kv_heads // heads. `rounded`: rounding would be
    allowed; nothing is rounded here. Returns [batch, seq, heads, dim] in the dtype of q.
    """
    work = torch.promote_types(q.dtype, torch.float32)
    repeat = q.shape[2] // k.shape[2]
    seq = q.shape[1]
    total = k.shape[1]
    keys, values = (x.to(work).repeat_interleave(repeat, 2) for x in (k, v))
    scores = torch.einsum("bqhd,bkhd->bhqk", q.to(work), keys) * q.shape[-1] ** -0.5
    visible = torch.ones(seq, total, dtype=torch.bool, device=q.device).tril(total - seq)
    weights = scores.masked_fill(~visible, float("-inf")).softmax(-1)
    return torch.einsum("bhqk,bkhd->bqhd", weights, values).to(q.dtype)
