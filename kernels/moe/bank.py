"""The matrices of a layer's experts: stacked tensors, or matrices in the bits of their file."""

from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor
from torch.nn import functional

from docqa.kernels.decode_step.native import PackedExperts
from docqa.kernels.matmul import StoredMatrix, product


@dataclass(frozen=True)
class StackedExperts:
    """All experts in two tensors: gate above up [experts, 2 * inner, hidden], and down [experts,
    hidden, inner].
    """

    gate_up: Tensor
    down: Tensor

    def expert_matrices(self, number: int) -> tuple[Tensor, Tensor]:
        """Expert `number`: gate above up [2 * inner, hidden], and down [hidden, inner]."""
        return self.gate_up[number], self.down[number]


ExpertBank: TypeAlias = StackedExperts | PackedExperts


def multiply_by_expert_matrix(x: Tensor, matrix: Tensor | StoredMatrix) -> Tensor:
    """x [.., columns] times a matrix [rows, columns], dense or in the bits of its file: [..,
    rows].
    """
    return functional.linear(x, matrix) if isinstance(matrix, Tensor) else product(x, matrix)
