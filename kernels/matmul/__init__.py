"""Products with matrices that stay in the few bits of their file: docqa's own groups, or blocks of
GGUF.
"""

from torch import Tensor

from docqa.kernels.cpu import arrays
from docqa.kernels.cpu.arrays import GROUP, PackedMatrix
from docqa.kernels.cpu.tensors import wrap_array_operation
from docqa.kernels.dispatch import register, register_native, run_implementation
from docqa.kernels.errors import ShapeMismatch
from docqa.kernels.gguf_matmul import BlockMatrix, StoredMatrix, block_product

__all__ = ["GROUP", "BlockMatrix", "PackedMatrix", "StoredMatrix", "product"]

product_of_arrays = wrap_array_operation(arrays.product)
register_native("product", product_of_arrays)
register("product", "reference", product_of_arrays)


def product(x: Tensor, matrix: StoredMatrix) -> Tensor:
    """x [.., columns] times the matrix, [.., rows] in the dtype of x; natively activations are
    rounded to 8 bits. Not differentiable.

    A token's bits do not depend on what stands beside it; with blocks as `block_product` says.
    Raises ShapeMismatch: the last axis of x is not the matrix's columns.
    """
    if isinstance(matrix, BlockMatrix):
        return block_product(x, matrix)
    if x.shape[-1] != matrix.shape[1]:
        raise ShapeMismatch(f"product of x {tuple(x.shape)} with a packed matrix of {matrix.shape}")
    return run_implementation("product", x, matrix)
