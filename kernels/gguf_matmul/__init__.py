"""Products with matrices that stay in the blocks of a GGUF file."""

from torch import Tensor

from docqa.kernels.activation import silu_product
from docqa.kernels.cpu import LEVELS
from docqa.kernels.dispatch import register, register_native, run_implementation
from docqa.kernels.errors import ShapeMismatch
from docqa.kernels.native import library_in_use

from .blocks import BLOCKS, BlockMatrix, BlockType, StoredMatrix, UnknownBlock
from .dense import block_product_by_rows, block_product_reference
from .native import block_mlp_native, block_product_native

__all__ = [
    "BLOCKS",
    "BlockType",
    "BlockMatrix",
    "StoredMatrix",
    "UnknownBlock",
    "activation_rounding_of_blocks",
    "block_mlp",
    "block_product",
]

register_native("block_product", block_product_native)
register("block_product", "torch", block_product_by_rows)
register("block_product", "reference", block_product_reference)


def activation_rounding_of_blocks() -> str:
    """What activations are rounded to where they meet blocks in float32 here: for a state's
    provenance.
    """
    found = library_in_use()
    if found is None:
        return "in the dtype of activations"
    tiles = LEVELS[found.level].endswith("AMX")
    return (
        "times 8-bit activations, of many tokens in bfloat16"
        if tiles
        else "times 8-bit activations"
    )


def block_product(x: Tensor, matrix: BlockMatrix) -> Tensor:
    """x [.., columns] times the matrix, [.., rows] in the dtype of x. Not differentiable.

    C++ rounds activations: to 8 bits for every group of columns with a scale or, for more than a
    few tokens on a processor with AMX, to bfloat16 together with the matrix. A token's bits depend
    on whether its call has few or many tokens there, and on nothing else. Raises ShapeMismatch: the
    last axis of x is not the matrix's columns.
    """
    if x.shape[-1] != matrix.shape[1]:
        raise ShapeMismatch(
            f"product of x {tuple(x.shape)} with a matrix of {matrix.block.name} {matrix.shape}"
        )
    return run_implementation("block_product", x, matrix)


def block_mlp_reference(x: Tensor, gate: BlockMatrix, up: BlockMatrix, down: BlockMatrix) -> Tensor:
    """`block_mlp` as its formula, through `block_product`."""
    return block_product(silu_product(block_product(x, gate), block_product(x, up)), down)


register_native("block_mlp", block_mlp_native)
register("block_mlp", "reference", block_mlp_reference)


def block_mlp(x: Tensor, gate: BlockMatrix, up: BlockMatrix, down: BlockMatrix) -> Tensor:
    """down (SiLU(gate x) * up x): x [.., gate's columns] -> [.., down's rows] in the dtype of x.
    Not differentiable. Raises ShapeMismatch: the matrices do not fit each other, or x."""
    if x.shape[-1] != gate.shape[1] or up.shape != gate.shape or down.shape[1] != gate.shape[0]:
        raise ShapeMismatch(
            f"MLP of x {tuple(x.shape)} with matrices {gate.shape}, {up.shape} and {down.shape}"
        )
    return run_implementation("block_mlp", x, gate, up, down)
