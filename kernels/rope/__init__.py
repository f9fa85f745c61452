"""Rotary position embedding: plain, with YaRN, or as a checkpoint has scaled it."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.kernels.rope.scaled import scaled_frequencies
from docqa.kernels.rope.yarn import YarnOptions, boundaries, frequencies, magnitude, rotation_table

__all__ = ["YarnOptions", "boundaries", "frequencies", "magnitude", "rotate", "rotation_table", "scaled_frequencies"]


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate the first `cos.shape[-1]` dims of x [batch, seq, heads, dim]; dim i is paired with i + half.

    cos and sin are [seq, rotary_dim]; the remaining dims of x pass unchanged.
    """
    cos, sin = cos[:, None].to(x.dtype), sin[:, None].to(x.dtype)
    turning, passing = x[..., : cos.shape[-1]], x[..., cos.shape[-1] :]
    first, second = turning.chunk(2, -1)
    return torch.cat([turning * cos + torch.cat([-second, first], -1) * sin, passing], -1)
