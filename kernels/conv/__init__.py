"""Depthwise causal convolution with SiLU, in front of the delta nets."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.kernels.conv.fused import causal_conv_fused
from docqa.kernels.conv.gradient import unit_conv_gradient
from docqa.kernels.conv.native import causal_conv_native
from docqa.kernels.conv.reference import causal_conv_reference
from docqa.kernels.conv.unit import Heads, unit_conv_fused, unit_conv_native, unit_conv_reference
from docqa.kernels.dispatch import choose, register, register_native, register_triton

register_native("conv", causal_conv_native, why="one pass over memory")
register_triton("conv", "docqa.kernels.conv.gpu", "causal_conv_gpu", why="one pass over memory")
register("conv", "torch", causal_conv_fused, why="taps accumulated in place")
register("conv", "reference", causal_conv_reference, why="the formula, and the form that has a gradient")
register_native("unit_conv", unit_conv_native, why="convolution, SiLU and unit length in one pass over memory")
register_triton("unit_conv", "docqa.kernels.conv.gpu", "unit_conv_gpu", why="convolution to unit length in one pass")
register("unit_conv", "torch", unit_conv_fused, why="taps accumulated in place")
register("unit_conv", "reference", unit_conv_reference, why="the formula, and the form that has a gradient")
register_native("unit_conv_training", unit_conv_gradient, why="a backward pass of our own, nothing kept but inputs")
register("unit_conv_training", "torch", unit_conv_reference, why="the formula, recorded by torch")
register("unit_conv_training", "reference", unit_conv_reference, why="the formula, recorded by torch")


def _recorded(x: Tensor, weight: Tensor, history: Tensor | None) -> bool:
    """Whether gradients are recorded."""
    inputs = (x, weight) if history is None else (x, weight, history)
    return torch.is_grad_enabled() and any(t.requires_grad for t in inputs)


def causal_conv(x: Tensor, weight: Tensor, history: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """SiLU of the causal convolution of x [batch, seq, channels]; also the history for the next call.

    `history` is [batch, taps - 1, channels]; absent means that nothing came before. While gradients are recorded the
    reference runs, whatever the machine.
    """
    if _recorded(x, weight, history):
        return causal_conv_reference(x, weight, history)
    return choose("conv", x.device.type, x.dtype).function(x, weight, history)


def unit_conv(x: Tensor, weight: Tensor, history: Tensor | None = None, *, heads: int, dim: int) -> Heads:
    """`causal_conv`, then the first `heads` of `dim` channels as unit vectors; results as of `unit_conv_reference`.

    While gradients are recorded a form with a gradient runs: in C++ it can be differentiated once, float32 inside.
    """
    if _recorded(x, weight, history):
        wide = torch.float64 if x.dtype == torch.float64 else torch.float32  # narrower ones are widened inside
        training = choose("unit_conv_training", x.device.type, wide).function
        result: Heads = training(x, weight, history, heads=heads, dim=dim)
        return result
    return choose("unit_conv", x.device.type, x.dtype).function(x, weight, history, heads=heads, dim=dim)
