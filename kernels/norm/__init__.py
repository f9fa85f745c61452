"""RMS norms: zero-centred (hybrids), plain (transformers), and gated with plain weight (output of
the delta nets).
"""

from torch import Tensor
from torch.nn import functional

from docqa.kernels.cpu import arrays
from docqa.kernels.cpu.tensors import wrap_array_operation
from docqa.kernels.dispatch import (
    register,
    register_native,
    register_triton,
    run_implementation,
)

from .reference import (
    at_least_float32,
    gated_norm_reference,
    zero_centred_norm_reference,
)


def zero_centred_norm_fused(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """`zero_centred_norm_reference` through torch's norm, one pass less; rounded in another
    order.
    """
    wide = at_least_float32(x)
    return functional.rms_norm(wide, (x.shape[-1],), 1.0 + weight.to(wide.dtype), eps).to(x.dtype)


def gated_norm_fused(x: Tensor, z: Tensor, weight: Tensor, eps: float) -> Tensor:
    """The same of `gated_norm_reference`."""
    wide = at_least_float32(x)
    unit = functional.rms_norm(wide, (x.shape[-1],), weight.to(wide.dtype), eps)
    return (unit * functional.silu(z.to(wide.dtype))).to(x.dtype)


zero_centred_norm_native = wrap_array_operation(arrays.zero_centred_norm)
gated_norm_native = wrap_array_operation(arrays.gated_norm)
register_native("norm", zero_centred_norm_native)
register_native("gated_norm", gated_norm_native)
register_triton("norm", "docqa.kernels.norm.gpu", "zero_centred_norm_gpu")
register("norm", "torch", zero_centred_norm_fused)
register("norm", "reference", zero_centred_norm_reference)
register_triton("gated_norm", "docqa.kernels.norm.gpu", "gated_norm_gpu")
register("gated_norm", "torch", gated_norm_fused)
register("gated_norm", "reference", gated_norm_reference)


def zero_centred_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x / rms(x) * (1 + weight) over the last axis; [.., dim] in and out in the dtype of x, weight
    [dim].
    """
    return run_implementation("norm", x, weight, eps, differentiable=zero_centred_norm_fused)


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x / rms(x) * weight over the last axis; [.., dim] in and out in the dtype of x, weight [dim],
    float32 at least.

    The zero-centred norm of weight - 1: a weight of at most 11 bits from 2^-13 on loses nothing,
    one of float32 is off by at most 2^-24.
    """
    return zero_centred_norm(x, weight - 1.0, eps)


def gated_norm(x: Tensor, z: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x / rms(x) * weight * SiLU(z) over the last axis; [.., dim] in and out in the dtype of x,
    weight [dim].
    """
    return run_implementation("gated_norm", x, z, weight, eps, differentiable=gated_norm_fused)
