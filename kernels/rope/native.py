"""The rotation in C++, one pass over memory."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from docqa.kernels.cpu.library import Library, RotateCall, plain


def rotate_native(x: Tensor, cos: Tensor, sin: Tensor, *, library: Library) -> Tensor:
    """Same arguments and result as `rotate_reference`, bit for bit, float32; not differentiable."""
    x, cos, sin = plain(x), plain(cos), plain(sin)
    out = torch.empty_like(x)
    call = RotateCall(*x.shape, cos.shape[-1], x.data_ptr(), cos.data_ptr(), sin.data_ptr(), out.data_ptr())
    library.run("rotate", ctypes.byref(call))
    return out
