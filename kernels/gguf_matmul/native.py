"""Products with a matrix of blocks in C++, from the bytes of the file."""

import ctypes

from torch import Tensor

from docqa.kernels.cpu.library import (
    BlockMlpCall,
    BlockProductCall,
    Library,
    StoredBlocks,
    contiguous_float32,
)

from .blocks import BlockMatrix


def stored_blocks(matrix: BlockMatrix) -> StoredBlocks:
    """The matrix as the library reads it; its bytes are not kept by this."""
    return StoredBlocks(
        *matrix.shape, matrix.block.number, matrix.data.shape[1], matrix.data.data_ptr()
    )


def block_product_native(x: Tensor, matrix: BlockMatrix, *, library: Library) -> Tensor:
    """As `block_product_reference`, x and result float32; activations are rounded.

    To 8 bits for every group of 16 (Q6_K) or 32 columns: some 0.6 % of the result's norm on normal
    numbers. With AMX, of more than a few tokens, both sides to bfloat16: some 0.25 %.
    """
    rows, columns = matrix.shape
    x = contiguous_float32(x)
    out = x.new_empty(*x.shape[:-1], rows)
    call = BlockProductCall(
        x.numel() // columns, stored_blocks(matrix), x.data_ptr(), out.data_ptr()
    )
    library.call_function("block_product", ctypes.byref(call))
    return out


def block_mlp_native(
    x: Tensor, gate: BlockMatrix, up: BlockMatrix, down: BlockMatrix, *, library: Library
) -> Tensor:
    """As `block_mlp_reference`, bit for bit with `block_product_native` in it."""
    x = contiguous_float32(x)
    out = x.new_empty(*x.shape[:-1], down.shape[0])
    matrices = (stored_blocks(matrix) for matrix in (gate, up, down))
    call = BlockMlpCall(x.numel() // gate.shape[1], *matrices, x.data_ptr(), out.data_ptr())
    library.call_function("block_mlp", ctypes.byref(call))
    return out
