"""Rotary position embedding: plain, with YaRN, or as a checkpoint has scaled it."""

import torch
from torch import Tensor

from docqa.kernels.cpu import arrays
from docqa.kernels.cpu.tensors import wrap_array_operation
from docqa.kernels.dispatch import (
    register,
    register_native,
    run_implementation,
)

from .frequencies import (
    YarnOptions,
    frequencies,
    rotation_table,
    scaled_frequencies,
    yarn_boundaries,
    yarn_magnitude,
)

__all__ = [
    "YarnOptions",
    "yarn_boundaries",
    "frequencies",
    "yarn_magnitude",
    "rotate",
    "rotation_table",
    "scaled_frequencies",
]


def rotate_reference(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """`rotate` as its formula."""
    cos = cos[:, None].to(x.dtype)
    sin = sin[:, None].to(x.dtype)
    turning = x[..., : cos.shape[-1]]
    passing = x[..., cos.shape[-1] :]
    first, second = turning.chunk(2, -1)
    return torch.cat([turning * cos + torch.cat([-second, first], -1) * sin, passing], -1)


rotate_native = wrap_array_operation(arrays.rotate)  # the bits of the reference
register_native("rotate", rotate_native)
register("rotate", "reference", rotate_reference)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotates the first `cos.shape[-1]` dims of x [batch, seq, heads, dim] by cos and sin [seq,
    rotary_dim]; dim i is paired with i + half. The others pass unchanged."""
    return run_implementation("rotate", x, cos, sin, differentiable=rotate_reference)
