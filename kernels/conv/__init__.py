"""Depthwise causal convolution with SiLU, in front of the delta nets."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.kernels.conv.fused import causal_conv_fused
from docqa.kernels.conv.reference import causal_conv_reference
from docqa.kernels.dispatch import choose, register

register("conv", "torch", causal_conv_fused, why="taps accumulated in place")
register("conv", "reference", causal_conv_reference, why="the formula, and the form that has a gradient")


def causal_conv(x: Tensor, weight: Tensor, history: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """SiLU of the causal convolution of x [batch, seq, channels]; also the history for the next call.

    `history` is [batch, taps - 1, channels]; absent means that nothing came before. While gradients are recorded the
    reference runs, whatever the machine.
    """
    if torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad):
        return causal_conv_reference(x, weight, history)
    return choose("conv", x.device.type, x.dtype).function(x, weight, history)
