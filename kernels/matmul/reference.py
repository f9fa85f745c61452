"""Products with a packed matrix, as their definition: activations in 8 bits, whole numbers inside a group."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.kernels.matmul.packed import GROUP, PackedMatrix, unpacked


def round_activations(x: Tensor) -> tuple[Tensor, Tensor]:
    """x [.., columns] as whole numbers from -127 to 127, [.., groups, 64], and their scale [.., groups], in float32."""
    groups = x.float().unflatten(-1, (-1, GROUP))
    largest = groups.abs().amax(-1)
    inverse = torch.where(largest > 1e-30, 127.0 / largest, torch.zeros_like(largest))
    return (groups * inverse[..., None]).round(), largest / 127.0


def product_reference(x: Tensor, matrix: PackedMatrix) -> Tensor:
    """x [.., columns] times the matrix, [.., rows] in the dtype of x.

    For a row r and a group g of the columns: (sum of q * a - zero * sum of a) * scale_r * scale_x, a the rounded
    activations, added over g in float32 in ascending order; float64 where x is.
    """
    work = torch.float64 if x.dtype == torch.float64 else torch.float32
    a, a_scale = round_activations(x)
    codes = unpacked(matrix.q).unflatten(-1, (-1, GROUP))
    whole = torch.einsum("...gc,rgc->...gr", a.double(), codes.double())  # exact: whole numbers below 2^53
    whole = (whole - matrix.zero.double() * a.double().sum(-1, keepdim=True)).to(work)
    parts = whole * (matrix.scale.to(work) * a_scale.to(work)[..., None])
    total = parts[..., 0, :]
    for g in range(1, parts.shape[-2]):
        total = total + parts[..., g, :]
    return total.to(x.dtype)
