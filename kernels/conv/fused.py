"""Depthwise causal convolution with fused multiply-add in place: each tap reads its input once."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from docqa.kernels.conv.reference import with_history


def causal_conv_fused(x: Tensor, weight: Tensor, history: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Same arguments and results as `causal_conv_reference`; not differentiable (it accumulates in place)."""
    taps = weight.shape[-1]
    padded = with_history(x, taps, history)
    kernel = weight.reshape(-1, taps).to(x.dtype)
    total = padded[:, : x.shape[1]] * kernel[:, 0]
    for j in range(1, taps):
        total.addcmul_(padded[:, j : j + x.shape[1]], kernel[:, j])
    return functional.silu(total, inplace=True), padded[:, x.shape[1] :].clone()
