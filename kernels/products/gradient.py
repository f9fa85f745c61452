"""A packed matrix with a low-rank addition that learns, for training on the CPU: W x + up (down x).

The matrix itself learns nothing. Its part of the backward pass is one more product with a packed matrix, the
transpose, which is rounded anew: an error of a fixed direction in the gradient, small beside the scatter of a batch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from docqa.kernels.dispatch import choose
from docqa.kernels.products.packed import PackedMatrix


def _product(x: Tensor, matrix: PackedMatrix) -> Tensor:
    return choose("product", x.device.type, x.dtype).function(x, matrix)  # type: ignore[no-any-return]


class _AdaptedProduct(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, matrix: PackedMatrix, turned: PackedMatrix, down: Tensor, up: Tensor, dtype: torch.dtype
    ) -> Tensor:
        flat, down, up = x.flatten(0, -2).to(dtype), down.to(dtype), up.to(dtype)
        inner = flat @ down.t()
        ctx.turned, ctx.parts = turned, (flat, inner, down, up)
        return _product(x, matrix).add_((inner @ up.t()).view(*x.shape[:-1], -1))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        gradient = gradients[0]
        flat, inner, down, up = ctx.parts
        out = gradient.flatten(0, -2).to(flat.dtype)
        back = out @ up
        found = _product(gradient, ctx.turned)
        found.view(flat.shape).add_(back @ down)
        # The transpose of the small product, since torch is twice as fast when the short side comes first.
        return found, None, None, (back.t() @ flat).float(), (inner.t() @ out).t().float(), None


def adapted_product(
    x: Tensor, matrix: PackedMatrix, turned: PackedMatrix, down: Tensor, up: Tensor, *, dtype: torch.dtype
) -> Tensor:
    """x [.., columns] times matrix + up down, [.., rows] in the dtype of x; differentiable once, in x, down and up.

    `turned` [columns, rows] stands for the matrix's transpose; down [rank, columns] and up [rows, rank] are multiplied
    in `dtype`. A gradient is rounded to 8 bits a group of 64 where it meets `turned`.
    """
    out: Tensor = _AdaptedProduct.apply(x, matrix, turned, down, up, dtype)
    return out
