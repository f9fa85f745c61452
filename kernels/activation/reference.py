"""The gate of an MLP, as its formula."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def silu_product_reference(gate: Tensor, up: Tensor) -> Tensor:
    """SiLU(gate) * up, element by element; all of one shape and dtype."""
    return functional.silu(gate) * up
