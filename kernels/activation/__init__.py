"""The gate of an MLP: SiLU of one half times the other."""

from torch import Tensor
from torch.nn import functional

from docqa.kernels.cpu import arrays
from docqa.kernels.cpu.tensors import wrap_array_operation
from docqa.kernels.dispatch import (
    register,
    register_native,
    run_implementation,
)


def silu_product_reference(gate: Tensor, up: Tensor) -> Tensor:
    """`silu_product` as its formula."""
    return functional.silu(gate) * up


silu_product_native = wrap_array_operation(arrays.silu_product)
register_native("silu_product", silu_product_native)
register("silu_product", "reference", silu_product_reference)


def silu_product(gate: Tensor, up: Tensor) -> Tensor:
    """SiLU(gate) * up, element by element; all of one shape and dtype."""
    return run_implementation("silu_product", gate, up, differentiable=silu_product_reference)
