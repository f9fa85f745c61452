"""Convolution, SiLU and unit length of the first heads in one pass, in C++."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from docqa.kernels.cpu.library import ConvCall, Library, plain


def causal_conv_native(
    x: Tensor, weight: Tensor, history: Tensor | None = None, *, unit: tuple[int, int] = (0, 0), library: Library
) -> tuple[Tensor, Tensor]:
    """Same arguments and results as `causal_conv_reference`, float32; not differentiable."""
    batch, seq, channels = x.shape
    taps = weight.shape[-1]
    x = plain(x)
    before = x.new_zeros(batch, taps - 1, channels) if history is None else plain(history)
    kernel = plain(weight.reshape(channels, taps).t())
    out = torch.empty_like(x)
    call = ConvCall(
        batch, seq, channels, taps, x.data_ptr(), before.data_ptr(), kernel.data_ptr(), *unit, out.data_ptr()
    )
    library.run("conv", ctypes.byref(call))
    tail = x[:, seq - taps + 1 :].clone() if seq >= taps - 1 else torch.cat([before, x], 1)[:, seq:].clone()
    return out, tail
