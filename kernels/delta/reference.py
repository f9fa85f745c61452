"""Gated delta rule, token by token: the truth that every faster form is tested against.

Source: Yang, Kautz, Hatamizadeh 2024, "Gated Delta Networks" (arXiv 2412.06464), the recurrent
form. The decay comes before the read, and the output reads the updated state.
"""

import torch
from torch import Tensor


def l2_normalise(x: Tensor) -> Tensor:
    """`x` scaled to unit length along its last axis; the 1e-6 stands inside the square root."""
    return x * torch.rsqrt((x * x).sum(-1, keepdim=True) + 1e-6)


def at_work_precision(
    q: Tensor, k: Tensor, v: Tensor, decay: Tensor, beta: Tensor, state: Tensor | None
) -> tuple[Tensor, ...]:
    """All of them in float32 at least, q scaled by key_dim ** -0.5, the state zeros when absent."""
    if state is None:
        state = k.new_zeros(k.shape[0], *k.shape[2:], v.shape[-1])
    work = torch.promote_types(v.dtype, torch.float32)
    q, *others = (x.to(work) for x in (q, k, v, decay, beta, state))
    return q * k.shape[-1] ** -0.5, *others


def delta_rule_reference(
    q: Tensor, k: Tensor, v: Tensor, *, decay: Tensor, beta: Tensor, state: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Gated delta rule over `seq` tokens, one token at a time, in the dtype of `state` or float32
    at least.

    q, k: [batch, seq, heads, key_dim], already of unit length; q is scaled by key_dim ** -0.5
    inside. v: [batch, seq, heads, value_dim]. decay, beta: [batch, seq, heads], the natural
    logarithm, at most 0, and (0, 2). state: [batch, heads, key_dim, value_dim] before the first
    token, zeros when absent; not written. Returns out [batch, seq, heads, value_dim] in the dtype
    of v, and the state after the last token.
    """
    q, k, values, decay, beta, memory = at_work_precision(q, k, v, decay, beta, state)
    outputs = []
    for t in range(k.shape[1]):
        memory = memory * decay[:, t].exp()[..., None, None]
        read = torch.einsum("bhkv,bhk->bhv", memory, k[:, t])
        write = beta[:, t][..., None] * (values[:, t] - read)
        memory = memory + k[:, t][..., None] * write[..., None, :]
        outputs.append(torch.einsum("bhkv,bhk->bhv", memory, q[:, t]))
    return torch.stack(outputs, 1).to(v.dtype), memory
