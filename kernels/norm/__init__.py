"""RMS norms: zero-centred (everywhere) and gated with plain weight (output of the delta nets)."""

from __future__ import annotations

from torch import Tensor

from docqa.kernels.dispatch import choose, register
from docqa.kernels.norm.fused import gated_norm_fused, zero_centred_norm_fused
from docqa.kernels.norm.reference import gated_norm_reference, zero_centred_norm_reference

register("norm", "torch", zero_centred_norm_fused, why="torch's rms_norm, one pass over memory less")
register("norm", "reference", zero_centred_norm_reference, why="the formula")
register("gated_norm", "torch", gated_norm_fused, why="torch's rms_norm, one pass over memory less")
register("gated_norm", "reference", gated_norm_reference, why="the formula")


def zero_centred_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x / rms(x) * (1 + weight) over the last axis; [.., dim] in and out in the dtype of x, weight [dim]."""
    return choose("norm", x.device.type, x.dtype).function(x, weight, eps)


def gated_norm(x: Tensor, z: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x / rms(x) * weight * SiLU(z) over the last axis; [.., dim] in and out in the dtype of x, weight [dim]."""
    return choose("gated_norm", x.device.type, x.dtype).function(x, z, weight, eps)
