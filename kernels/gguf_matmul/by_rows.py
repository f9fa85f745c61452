"""Products with a matrix of blocks in torch, some rows at a time: the values of all are never in memory."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from docqa.kernels.gguf_matmul.blocks import BlockMatrix

NUMBERS = 1 << 22  # of values that are in memory at a time: 16 MiB


def block_product_by_rows(x: Tensor, matrix: BlockMatrix) -> Tensor:
    """Same arguments and result as `block_product_reference`; values are rounded to the dtype of x."""
    rows, columns = matrix.shape
    out = x.new_empty(*x.shape[:-1], rows)
    some = max(1, NUMBERS // columns)
    for first in range(0, rows, some):
        values = matrix.dense(slice(first, first + some)).to(x.dtype)
        out[..., first : first + some] = functional.linear(x, values)
    return out
