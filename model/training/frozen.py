"""A frozen trunk that stays in the 4 bits it ships in while adapters around its matrices learn.

Products with packed matrices are the fastest here (kernels/NOTES.md), and what is learned is learned beside the very
numbers that it will run beside.
"""

from __future__ import annotations

import torch
from torch import nn

from docqa.kernels.products import GROUP, PackedMatrix
from docqa.model.linear import Linear
from docqa.model.quantize import quantize_matrix
from docqa.model.reader import AdaptedLinear, Reader


def follow_back(reader: Reader, dtype: torch.dtype) -> None:
    """Make the packed matrices of the adapted layers ones that a loss can be followed back through.

    Each gets its packed transpose, in 4 bits, and its adapters work in `dtype`. One without adapters, or whose rows are
    no whole groups, becomes dense.
    """
    for layer in reader.network.layers[reader.first :]:
        modules = [*layer.modules()]
        adapted = {id(module.base): module for module in modules if isinstance(module, AdaptedLinear)}
        for matrix in [module for module in modules if isinstance(module, Linear)]:
            if matrix.packed is None:
                continue
            around = adapted.get(id(matrix))
            if around is None or matrix.packed.shape[0] % GROUP:
                matrix.weight = nn.Parameter(matrix.packed.dense(), requires_grad=False)
                matrix.packed = None
            else:
                turned = matrix.packed.dense().t().contiguous()
                around.turned, around.dtype = PackedMatrix.of(*quantize_matrix(turned, 4)), dtype
