"""Gated delta rule for a few tokens: the recurrence with matrix products over all heads at once."""

import torch
from torch import Tensor

from .reference import at_work_precision


def delta_rule_recurrent(
    q: Tensor, k: Tensor, v: Tensor, *, decay: Tensor, beta: Tensor, state: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """As `delta_rule_reference`; meant for 1 to a dozen tokens."""
    q, k, values, decay, beta, memory = at_work_precision(q, k, v, decay, beta, state)
    remaining = decay.exp()[..., None, None]
    beta = beta[..., None, None]
    outputs = []
    for t in range(k.shape[1]):
        memory = memory * remaining[:, t]
        key = k[:, t, :, None]  # [batch, heads, 1, key_dim]
        write = beta[:, t] * (values[:, t, :, None] - key @ memory)
        memory = torch.addcmul(memory, key.transpose(-1, -2), write)
        outputs.append((q[:, t, :, None] @ memory)[:, :, 0])
    return torch.stack(outputs, 1).to(v.dtype), memory
