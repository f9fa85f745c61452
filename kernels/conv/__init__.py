"""Depthwise causal convolution with SiLU, in front of the delta nets."""

import torch
from torch import Tensor

from docqa.kernels.dispatch import (
    are_gradients_recorded,
    choose_implementation,
    register,
    register_native,
    register_triton,
    run_implementation,
)

from .unit import (
    ConvOutput,
    unit_conv_fused,
    unit_conv_native,
    unit_conv_reference,
)

register_native("unit_conv", unit_conv_native)
register_triton("unit_conv", "docqa.kernels.conv.gpu", "unit_conv_gpu")
register("unit_conv", "torch", unit_conv_fused)
register("unit_conv", "reference", unit_conv_reference)
register("unit_conv_training", "reference", unit_conv_reference)


def unit_conv(
    x: Tensor, weight: Tensor, history: Tensor | None = None, *, heads: int, dim: int
) -> ConvOutput:
    """SiLU of the causal convolution of x [batch, seq, channels], the first `heads` of `dim`
    channels as unit vectors.

    As `unit_conv_reference`; `history` is absent where nothing came before. While gradients are
    recorded a form with a gradient runs (that of model/training/gradients is differentiable once).
    """
    if are_gradients_recorded(x, weight, history):
        wide = torch.promote_types(x.dtype, torch.float32)  # narrower ones are widened inside
        training = choose_implementation("unit_conv_training", x.device.type, wide).function
        return training(x, weight, history, heads=heads, dim=dim)
    return run_implementation("unit_conv", x, weight, history, heads=heads, dim=dim)
