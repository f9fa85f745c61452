"""The gate of an MLP: SiLU of one half times the other."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.kernels.activation.native import silu_product_native
from docqa.kernels.activation.reference import silu_product_reference
from docqa.kernels.dispatch import choose, register, register_native

register_native("silu_product", silu_product_native, why="one pass over memory")
register("silu_product", "reference", silu_product_reference, why="the formula, through torch's SiLU")


def silu_product(gate: Tensor, up: Tensor) -> Tensor:
    """SiLU(gate) * up, element by element; all of one shape and dtype."""
    if torch.is_grad_enabled() and (gate.requires_grad or up.requires_grad):
        return silu_product_reference(gate, up)
    return choose("silu_product", gate.device.type, gate.dtype).function(gate, up)
