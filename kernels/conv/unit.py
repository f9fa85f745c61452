"""The convolution in front of a delta net, with its query and key heads scaled to unit length."""

from torch import Tensor
from torch.nn import functional

from docqa.kernels.cpu import Library, arrays
from docqa.kernels.cpu.library import contiguous_float32
from docqa.kernels.cpu.tensors import wrap_array_operation
from docqa.kernels.delta.reference import l2_normalise
from docqa.kernels.norm.reference import at_least_float32

from .reference import causal_conv_reference, next_history, prepend_history

ConvOutput = tuple[Tensor, Tensor, Tensor]


def split_heads(mixed: Tensor, tail: Tensor, heads: int, dim: int) -> ConvOutput:
    """The first channels as [batch, seq, heads, dim], the others, and the history, as `unit_conv`
    returns them.
    """
    return mixed[..., : heads * dim].unflatten(-1, (heads, dim)), mixed[..., heads * dim :], tail


def _split_unit_heads(mixed: Tensor, tail: Tensor, heads: int, dim: int) -> ConvOutput:
    first, rest, tail = split_heads(at_least_float32(mixed), tail, heads, dim)
    return l2_normalise(first), rest, tail


def unit_conv_reference(
    x: Tensor, weight: Tensor, history: Tensor | None = None, *, heads: int, dim: int
) -> ConvOutput:
    """`causal_conv_reference`, then the first `heads` of `dim` channels scaled to unit length,
    float32 at least. Returns these [batch, seq, heads, dim], the other channels [batch, seq, ..],
    and the history for the next call."""
    return _split_unit_heads(*causal_conv_reference(x, weight, history), heads, dim)


def causal_conv_fused(
    x: Tensor, weight: Tensor, history: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """As `causal_conv_reference`; not differentiable. In place, in float32: torch's bf16 form is
    slow.
    """
    taps = weight.shape[-1]
    padded = prepend_history(x, taps, history)
    kernel = weight.reshape(-1, taps).t().contiguous()
    wide = at_least_float32(padded)
    kernel = kernel.to(wide.dtype)
    total = wide[:, : x.shape[1]] * kernel[0]
    for j in range(1, taps):
        total.addcmul_(wide[:, j : j + x.shape[1]], kernel[j])
    return functional.silu(total, inplace=True).to(x.dtype), padded[:, x.shape[1] :].clone()


def unit_conv_fused(
    x: Tensor, weight: Tensor, history: Tensor | None = None, *, heads: int, dim: int
) -> ConvOutput:
    """The same through `causal_conv_fused`; not differentiable."""
    return _split_unit_heads(*causal_conv_fused(x, weight, history), heads, dim)


def causal_conv_native(
    x: Tensor,
    weight: Tensor,
    history: Tensor | None = None,
    *,
    unit: tuple[int, int] = (0, 0),
    library: Library,
) -> tuple[Tensor, Tensor]:
    """As `causal_conv_reference`, float32, in one pass of C++; not differentiable. The first `unit`
    (heads, dim) channels come out as unit vectors."""
    x = contiguous_float32(x)
    out = wrap_array_operation(arrays.causal_conv)(x, weight, history, unit=unit, library=library)
    return out, next_history(x, weight.shape[-1], history)


def unit_conv_native(
    x: Tensor,
    weight: Tensor,
    history: Tensor | None = None,
    *,
    heads: int,
    dim: int,
    library: Library,
) -> ConvOutput:
    """The same in one pass of C++, float32; not differentiable."""
    return split_heads(
        *causal_conv_native(x, weight, history, unit=(heads, dim), library=library), heads, dim
    )
