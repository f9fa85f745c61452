"""Products with a matrix of blocks in torch: by their definition, and some rows at a time."""

import torch
from torch import Tensor
from torch.nn import functional

from .blocks import BlockMatrix

NUMBERS = 1 << 22  # of values that are in memory at a time: 16 MiB


def block_product_reference(x: Tensor, matrix: BlockMatrix) -> Tensor:
    """x [.., columns] times the matrix, [.., rows] in the dtype of x; float64 inside where x is,
    else float32.
    """
    work = torch.promote_types(x.dtype, torch.float32)
    return (x.to(work) @ matrix.dense().to(work).T).to(x.dtype)


def block_product_by_rows(x: Tensor, matrix: BlockMatrix) -> Tensor:
    """The same without the values of all rows in memory; they are rounded to the dtype of x."""
    rows, columns = matrix.shape
    out = x.new_empty(*x.shape[:-1], rows)
    some = max(1, NUMBERS // columns)
    for first in range(0, rows, some):
        values = matrix.dense(slice(first, first + some)).to(x.dtype)
        out[..., first : first + some] = functional.linear(x, values)
    return out
