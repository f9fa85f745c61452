"""RMS norms: zero-centred (everywhere) and gated with plain weight (output of the delta nets)."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.kernels.dispatch import choose, register, register_native, register_triton
from docqa.kernels.norm.fused import gated_norm_fused, zero_centred_norm_fused
from docqa.kernels.norm.native import gated_norm_native, zero_centred_norm_native
from docqa.kernels.norm.reference import gated_norm_reference, zero_centred_norm_reference

register_native("norm", zero_centred_norm_native, why="one pass over memory")
register_native("gated_norm", gated_norm_native, why="one pass over memory")
register_triton("norm", "docqa.kernels.norm.gpu", "zero_centred_norm_gpu", why="one pass over memory")
register("norm", "torch", zero_centred_norm_fused, why="torch's rms_norm, one pass over memory less")
register("norm", "reference", zero_centred_norm_reference, why="the formula")
register_triton("gated_norm", "docqa.kernels.norm.gpu", "gated_norm_gpu", why="one pass over memory")
register("gated_norm", "torch", gated_norm_fused, why="torch's rms_norm, one pass over memory less")
register("gated_norm", "reference", gated_norm_reference, why="the formula")


def _recorded(*tensors: Tensor) -> bool:
    """Whether gradients are recorded, which only torch's own operations have."""
    return torch.is_grad_enabled() and any(x.requires_grad for x in tensors)


def zero_centred_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x / rms(x) * (1 + weight) over the last axis; [.., dim] in and out in the dtype of x, weight [dim]."""
    if _recorded(x, weight):
        return zero_centred_norm_fused(x, weight, eps)
    return choose("norm", x.device.type, x.dtype).function(x, weight, eps)


def gated_norm(x: Tensor, z: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x / rms(x) * weight * SiLU(z) over the last axis; [.., dim] in and out in the dtype of x, weight [dim]."""
    if _recorded(x, z, weight):
        return gated_norm_fused(x, z, weight, eps)
    return choose("gated_norm", x.device.type, x.dtype).function(x, z, weight, eps)
