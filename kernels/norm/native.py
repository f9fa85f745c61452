"""The two RMS norms in C++, one pass over memory each."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.kernels.cpu.library import Library, plain


def zero_centred_norm_native(x: Tensor, weight: Tensor, eps: float, *, library: Library) -> Tensor:
    """Same arguments and result as `zero_centred_norm_reference`, float32; not differentiable."""
    x, weight = plain(x), plain(weight)
    out, dim = torch.empty_like(x), x.shape[-1]
    library.run("norm", x.data_ptr(), weight.data_ptr(), eps, out.data_ptr(), x.numel() // dim, dim)
    return out


def gated_norm_native(x: Tensor, z: Tensor, weight: Tensor, eps: float, *, library: Library) -> Tensor:
    """Same arguments and result as `gated_norm_reference`, float32; not differentiable."""
    x, z, weight = plain(x), plain(z), plain(weight)
    out, dim = torch.empty_like(x), x.shape[-1]
    arguments = x.data_ptr(), z.data_ptr(), weight.data_ptr(), eps, out.data_ptr(), x.numel() // dim, dim
    library.run("gated_norm", *arguments)
    return out
