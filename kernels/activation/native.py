"""The gated product in C++, one pass over memory."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.kernels.cpu.library import Library, plain


def silu_product_native(gate: Tensor, up: Tensor, *, library: Library) -> Tensor:
    """Same arguments and result as `silu_product_reference`, float32; not differentiable."""
    gate, up = plain(gate), plain(up)
    out = torch.empty_like(gate)
    library.run("gated_product", gate.data_ptr(), up.data_ptr(), out.data_ptr(), gate.numel())
    return out
