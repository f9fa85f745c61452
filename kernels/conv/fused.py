"""Depthwise causal convolution with fused multiply-add in place, in float32 (torch's bf16 form is slow)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from docqa.kernels.conv.reference import with_history
from docqa.kernels.norm.reference import widen


def causal_conv_fused(x: Tensor, weight: Tensor, history: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Same arguments and results as `causal_conv_reference`; not differentiable (it accumulates in place)."""
    taps = weight.shape[-1]
    padded = with_history(x, taps, history)
    kernel = weight.reshape(-1, taps).t().contiguous()
    wide = widen(padded)
    kernel = kernel.to(wide.dtype)
    total = wide[:, : x.shape[1]] * kernel[0]
    for j in range(1, taps):
        total.addcmul_(wide[:, j : j + x.shape[1]], kernel[j])
    return functional.silu(total, inplace=True).to(x.dtype), padded[:, x.shape[1] :].clone()
