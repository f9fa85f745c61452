"""Convolution, SiLU and unit length with a backward pass in C++, for training on the CPU.

Only the inputs are kept; the backward pass computes the sums again in cache, where torch's own
recording keeps a tensor of their size for every tap.
"""

import ctypes
from typing import Any

import torch
from torch import Tensor

from docqa.kernels.conv.unit import ConvOutput, causal_conv_native, split_heads, unit_conv_reference
from docqa.kernels.cpu.library import ConvCall, Library, contiguous_float32
from docqa.kernels.threads import thread_count

from .library import ConvGradientCall, gradient_functions

# channels of a head, and taps, as in conv_gradient.inc
WIDEST = 256
MOST_TAPS = 8


class _UnitConv(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, library: Library, unit: tuple[int, int], before: Tensor, x: Tensor, weight: Tensor
    ) -> Tensor:
        wide = contiguous_float32(x)
        ctx.save_for_backward(before, wide, weight)
        ctx.unit = unit
        ctx.dtype = x.dtype
        return causal_conv_native(wide, weight, before, unit=unit, library=library)[0]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        before, x, weight = ctx.saved_tensors
        batch, seq, channels = x.shape
        taps = weight.shape[-1]
        kernel = contiguous_float32(weight.reshape(channels, taps).t())
        gradient = contiguous_float32(gradient)
        of_x = torch.empty_like(x)
        of_kernel = torch.empty_like(kernel)
        forward = ConvCall(
            batch,
            seq,
            channels,
            taps,
            x.data_ptr(),
            before.data_ptr(),
            kernel.data_ptr(),
            *ctx.unit,
            None,
        )
        call = ConvGradientCall(forward, gradient.data_ptr(), of_x.data_ptr(), of_kernel.data_ptr())
        functions = gradient_functions()
        assert functions is not None
        functions.docqa_conv_gradient(ctypes.byref(call), thread_count())
        of_weight = of_kernel.t().reshape(weight.shape).to(weight.dtype)
        return None, None, None, of_x.to(ctx.dtype), of_weight


def unit_conv_gradient(
    x: Tensor,
    weight: Tensor,
    history: Tensor | None = None,
    *,
    heads: int,
    dim: int,
    library: Library,
) -> ConvOutput:
    """As `unit_conv_reference`, float32; x and weight can be differentiated once. Torch records
    where the history has a gradient, a head more than 256 channels, or there are more than 8
    taps."""
    if (
        dim > WIDEST
        or weight.shape[-1] > MOST_TAPS
        or (history is not None and history.requires_grad)
    ):
        return unit_conv_reference(x, weight, history, heads=heads, dim=dim)
    batch, seq, channels = x.shape
    past = weight.shape[-1] - 1
    before = torch.zeros(batch, past, channels) if history is None else contiguous_float32(history)
    mixed = _UnitConv.apply(library, (heads, dim), before, x, weight)
    tail = (
        torch.cat([before.to(x.dtype), x[:, max(seq - past, 0) :]], 1)[:, -past:]
        if past
        else before.to(x.dtype)
    )
    return split_heads(mixed, tail, heads, dim)
