"""Where the matrices of experts come from: stacked tensors, or whatever reads them when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeAlias

from torch import Tensor
from torch.nn import functional

from docqa.kernels.matmul import StoredMatrix, product

Matrix: TypeAlias = Tensor | StoredMatrix


class ExpertBank(Protocol):
    """The experts of one layer. `held`: how many are at hand at once. `packed`: their matrices are no plain tensors."""

    @property
    def held(self) -> int: ...
    @property
    def packed(self) -> bool: ...

    def pair(self, number: int) -> tuple[Matrix, Matrix]:
        """Matrices of expert `number`: gate above up [2 * inner, hidden], and down [hidden, inner].

        Good until the next call.
        """
        ...

    def pairs(self, numbers: Sequence[int]) -> list[tuple[Matrix, Matrix]]:
        """The same of several experts, at most `held`; all are good until the next call."""
        ...

    def ready(self, numbers: Sequence[int]) -> list[tuple[Matrix, Matrix]]:
        """The matrices of the first of these experts: of those that are here, or of one that has to be read.

        All are good until the next call.
        """
        ...

    def expect(self, numbers: Sequence[int]) -> None:
        """Hear which experts are asked for next, in this order, so that they can be read ahead."""
        ...


@dataclass(frozen=True)
class Stacked:
    """All experts in two tensors: gate above up [experts, 2 * inner, hidden], and down [experts, hidden, inner]."""

    gate_up: Tensor
    down: Tensor
    packed: ClassVar[bool] = False

    def pair(self, number: int) -> tuple[Matrix, Matrix]:
        """See `ExpertBank.pair`."""
        return self.gate_up[number], self.down[number]

    @property
    def held(self) -> int:
        """See `ExpertBank`."""
        return len(self.down)

    def pairs(self, numbers: Sequence[int]) -> list[tuple[Matrix, Matrix]]:
        """See `ExpertBank.pairs`."""
        return [self.pair(number) for number in numbers]

    def ready(self, numbers: Sequence[int]) -> list[tuple[Matrix, Matrix]]:
        """See `ExpertBank.ready`."""
        return self.pairs(numbers)

    def expect(self, numbers: Sequence[int]) -> None:
        """See `ExpertBank.expect`; all of them are here."""


def times(x: Tensor, matrix: Matrix) -> Tensor:
    """x [.., columns] times a matrix [rows, columns], dense or in the bits of its file: [.., rows]."""
    return functional.linear(x, matrix) if isinstance(matrix, Tensor) else product(x, matrix)
