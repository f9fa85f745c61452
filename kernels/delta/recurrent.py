"""Gated delta rule for a few tokens: the recurrence with matrix products over all heads at once."""

import torch
from torch import Tensor


def delta_rule_recurrent(
    q: Tensor, k: Tensor, v: Tensor, *, decay: Tensor, beta: Tensor, state: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """As `delta_rule_reference`; meant for 1 to a dozen tokens."""
    work = torch.promote_types(v.dtype, torch.float32)
    batch, seq, heads, key_dim = k.shape
    memory = (
        k.new_zeros(batch, heads, key_dim, v.shape[-1], dtype=work)
        if state is None
        else state.to(work)
    )
    q = q.to(work) * key_dim**-0.5
    k = k.to(work)
    values = v.to(work)
    remaining = decay.to(work).exp()[..., None, None]
    beta = beta.to(work)[..., None, None]
    outputs = []
    for t in range(seq):
        memory = memory * remaining[:, t]
        key = k[:, t, :, None]  # [batch, heads, 1, key_dim]
        write = beta[:, t] * (values[:, t, :, None] - key @ memory)
        memory = torch.addcmul(memory, key.transpose(-1, -2), write)
        outputs.append((q[:, t, :, None] @ memory)[:, :, 0])
    return torch.stack(outputs, 1).to(v.dtype), memory
