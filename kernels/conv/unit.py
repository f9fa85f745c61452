"""The convolution in front of a delta net, with its query and key heads scaled to unit length."""

from __future__ import annotations

from torch import Tensor

from docqa.kernels.conv.fused import causal_conv_fused
from docqa.kernels.conv.native import causal_conv_native
from docqa.kernels.conv.reference import causal_conv_reference
from docqa.kernels.cpu import Library
from docqa.kernels.delta.reference import l2_normalise
from docqa.kernels.norm.reference import widen

Heads = tuple[Tensor, Tensor, Tensor]


def _split(mixed: Tensor, tail: Tensor, heads: int, dim: int) -> Heads:
    wide = widen(mixed)
    return l2_normalise(wide[..., : heads * dim].unflatten(-1, (heads, dim))), wide[..., heads * dim :], tail


def unit_conv_reference(x: Tensor, weight: Tensor, history: Tensor | None = None, *, heads: int, dim: int) -> Heads:
    """`causal_conv_reference`, then the first `heads` of `dim` channels scaled to unit length, float32 at least.

    Returns:
        The unit heads [batch, seq, heads, dim], the other channels [batch, seq, ..], and the history for the next call.
    """
    return _split(*causal_conv_reference(x, weight, history), heads, dim)


def unit_conv_fused(x: Tensor, weight: Tensor, history: Tensor | None = None, *, heads: int, dim: int) -> Heads:
    """The same through `causal_conv_fused`; not differentiable."""
    return _split(*causal_conv_fused(x, weight, history), heads, dim)


def unit_conv_native(
    x: Tensor, weight: Tensor, history: Tensor | None = None, *, heads: int, dim: int, library: Library
) -> Heads:
    """The same in one pass of C++, float32; not differentiable."""
    mixed, tail = causal_conv_native(x, weight, history, unit=(heads, dim), library=library)
    return mixed[..., : heads * dim].unflatten(-1, (heads, dim)), mixed[..., heads * dim :], tail
