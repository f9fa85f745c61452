"""Where the matrices of experts come from: stacked tensors, or whatever reads them when asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeAlias

from torch import Tensor
from torch.nn import functional

from docqa.kernels.matmul import StoredMatrix, product

Matrix: TypeAlias = Tensor | StoredMatrix


class ExpertBank(Protocol):
    """The experts of one layer. `packed`: it is a `kernels.decode_step.native.PackedExperts`
    too.
    """

    @property
    def packed(self) -> bool: ...

    def expert_matrices(self, number: int) -> tuple[Matrix, Matrix]:
        """Expert `number`: gate above up [2 * inner, hidden], and down [hidden, inner]; good until
        the next call.
        """
        ...

    def expect_experts(self, numbers: Sequence[int]) -> None:
        """Hears which experts are asked for next, in this order, so that they can be read ahead."""
        ...


@dataclass(frozen=True)
class StackedExperts:
    """All experts in two tensors: gate above up [experts, 2 * inner, hidden], and down [experts,
    hidden, inner].
    """

    gate_up: Tensor
    down: Tensor
    packed: ClassVar[bool] = False

    def expert_matrices(self, number: int) -> tuple[Matrix, Matrix]:
        return self.gate_up[number], self.down[number]

    def expect_experts(self, numbers: Sequence[int]) -> None:
        """See `ExpertBank.expect_experts`; all of them are here."""


def multiply_by_expert_matrix(x: Tensor, matrix: Matrix) -> Tensor:
    """x [.., columns] times a matrix [rows, columns], dense or in the bits of its file: [..,
    rows].
    """
    return functional.linear(x, matrix) if isinstance(matrix, Tensor) else product(x, matrix)
