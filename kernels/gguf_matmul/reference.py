"""Products with a matrix of blocks, as their definition: the values in full, then a product in floating point."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.kernels.gguf_matmul.blocks import BlockMatrix


def block_product_reference(x: Tensor, matrix: BlockMatrix) -> Tensor:
    """x [.., columns] times the matrix, [.., rows] in the dtype of x; float64 inside where x is, else float32."""
    work = torch.float64 if x.dtype == torch.float64 else torch.float32
    return (x.to(work) @ matrix.dense().to(work).T).to(x.dtype)
