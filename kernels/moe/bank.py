"""The matrices of a layer's experts: stacked tensors, or matrices in the bits of their file."""

from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor
from torch.nn import functional

from docqa.kernels.activation import silu_product
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


def run_expert(bank: ExpertBank, number: int, x: Tensor) -> Tensor:
    """down(SiLU(gate x) * up x) of expert `number`: [.., hidden] in and out."""
    gate_up, down = bank.expert_matrices(number)
    gate, up = _multiply(x, gate_up).chunk(2, -1)
    return _multiply(silu_product(gate.contiguous(), up.contiguous()), down)


def _multiply(x: Tensor, matrix: Tensor | StoredMatrix) -> Tensor:
    """By a matrix [rows, columns], dense or in the bits of its file."""
    return functional.linear(x, matrix) if isinstance(matrix, Tensor) else product(x, matrix)
