"""The two RMS norms as their formulas; float32 inside (float64 stays float64)."""

import torch
from torch import Tensor
from torch.nn import functional


def at_least_float32(x: Tensor) -> Tensor:
    """`x` in the dtype of norms and gates: float64 as it is, else float32."""
    return x if x.dtype == torch.float64 else x.float()


def zero_centred_norm_reference(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x * rsqrt(mean(x^2) + eps) * (1 + weight) over the last axis, [.., dim] in and out in the
    dtype of x, weight [dim] (Qwen3-Next model card, "zero-centered and weight-decayed
    layernorm")."""
    wide = at_least_float32(x)
    return (
        wide
        * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)
        * (1.0 + at_least_float32(weight))
    ).to(x.dtype)


def gated_norm_reference(x: Tensor, z: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x * rsqrt(mean(x^2) + eps) * weight * SiLU(z): norm first, then the gate; [.., dim] in and
    out, weight [dim].
    """
    wide = at_least_float32(x)
    unit = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)
    return (unit * at_least_float32(weight) * functional.silu(z.to(wide.dtype))).to(x.dtype)
