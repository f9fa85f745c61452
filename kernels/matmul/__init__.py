"""Products with matrices that stay in the few bits of their file: docqa's own groups, or blocks of GGUF."""

from __future__ import annotations

from torch import Tensor

from docqa.kernels.dispatch import choose, register, register_native
from docqa.kernels.errors import ShapeMismatch
from docqa.kernels.gguf_matmul import BlockMatrix, block_product
from docqa.kernels.matmul.native import product_native
from docqa.kernels.matmul.packed import GROUP, PackedMatrix, unpacked
from docqa.kernels.matmul.reference import product_reference

__all__ = ["GROUP", "BlockMatrix", "PackedMatrix", "StoredMatrix", "product", "unpacked"]

StoredMatrix = PackedMatrix | BlockMatrix  # in the bits of its file

register_native("product", product_native)
register("product", "reference", product_reference)


def product(x: Tensor, matrix: StoredMatrix) -> Tensor:
    """x [.., columns] times the matrix, [.., rows] in the dtype of x; activations are rounded to 8 bits on the way.

    A token's result has the same bits whatever stands beside it; with blocks as `block_product` says. Not
    differentiable.

    Raises:
        ShapeMismatch: the last axis of x is not the matrix's columns.
    """
    if isinstance(matrix, BlockMatrix):
        return block_product(x, matrix)
    if x.shape[-1] != matrix.shape[1]:
        raise ShapeMismatch(f"product of x {tuple(x.shape)} with a packed matrix of {matrix.shape}")
    return choose("product", x.device.type, x.dtype).function(x, matrix)
