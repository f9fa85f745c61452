"""What an encoder has beside its products, written as its formulas, in the dtype of what is given."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def encoder_attention_reference(
    q: Tensor, k: Tensor, v: Tensor, starts: Tensor, *, heads: int, near: Tensor | None = None,
    shifts: tuple[Tensor, Tensor, Tensor] | None = None,
) -> Tensor:  # fmt: skip
    """`encoder_attention`, one text after the other (Vaswani et al. 2017, arXiv 1706.03762, section 3.2)."""
    if shifts is not None:
        q, k, v = (part + shift for part, shift in zip((q, k, v), shifts, strict=True))
    ends, seen = starts.tolist(), []
    for first, last in zip(ends, ends[1:], strict=False):
        a, b, c = (x[first:last].unflatten(-1, (heads, -1)).transpose(0, 1)[None] for x in (q, k, v))
        bias = None if near is None else distance_bias(near, last - first)[None].to(q.dtype)
        mixed = functional.scaled_dot_product_attention(a, b, c, attn_mask=bias)  # [1, heads, tokens, dim]
        seen.append(mixed[0].transpose(0, 1).flatten(1))
    return torch.cat(seen) if seen else torch.empty_like(v)


def distance_bias(near: Tensor, tokens: int) -> Tensor:
    """Biases by distance [heads, 2 * longest - 1] to those of every two of `tokens`, [heads, tokens, tokens]."""
    place = torch.arange(tokens, device=near.device)
    return near[:, near.shape[1] // 2 + place[None] - place[:, None]]


def add_layer_norm_reference(
    x: Tensor, r: Tensor | None, weight: Tensor, bias: Tensor, eps: float, *, shift: Tensor | None = None
) -> Tensor:
    """`add_layer_norm` (Ba et al. 2016, arXiv 1607.06450)."""
    if r is not None:
        x = x + (r if shift is None else r + shift)
    return functional.layer_norm(x, weight.shape, weight, bias, eps)


def biased_gelu_reference(x: Tensor, shift: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """`biased_gelu` (Hendrycks and Gimpel 2016, arXiv 1606.08415)."""
    found = functional.gelu(x if shift is None else x + shift)
    return found if out is None else out.copy_(found)
