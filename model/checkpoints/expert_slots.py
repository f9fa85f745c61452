"""Room for a fixed number of experts, in whatever bits their checkpoint has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from docqa.kernels.matmul import BlockMatrix, PackedMatrix
from docqa.kernels.moe import Matrix
from docqa.model.errors import NoMemory
from docqa.model.state.pages import laid_out, own_pages, rounded_up

Pair = tuple[Matrix, Matrix]


class Part(NamedTuple):
    """A tensor of a matrix: `put` writes it where it is told to. The matrix's rows are on `axis`."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    axis: int
    put: Callable[[Tensor], object]

    @property
    def nbytes(self) -> int:
        return torch.Size(self.shape).numel() * self.dtype.itemsize


class Parts(NamedTuple):
    """A matrix that is not in a slot yet: its tensors, and how it is made of them."""

    tensors: list[Part]
    matrix: Callable[[list[Tensor]], Matrix]

    @classmethod
    def of(cls, matrix: Matrix) -> Parts:
        """Those of a matrix in memory."""
        if isinstance(matrix, PackedMatrix):
            parts = (matrix.q, 0), (matrix.scale, 1), (matrix.zero, 1)
            tensors = [(torch.from_numpy(array), axis) for array, axis in parts]
        else:
            tensors = [(matrix.data if isinstance(matrix, BlockMatrix) else matrix, 0)]
        return cls([Part(tuple(x.shape), x.dtype, axis, _copying(x)) for x, axis in tensors], _building(matrix))


Triple = tuple[Parts, Parts, Parts]  # gate, up and down


class Slots:
    """At most `most` experts of `one` bytes each (see `expert_bytes`), as many as `budget` bytes take.

    Raises:
        NoMemory: not one expert fits.
    """

    def __init__(self, budget: int, one: int, most: int) -> None:
        if budget < one:
            raise NoMemory(f"{budget:,} bytes are too few for experts, one takes {one:,}; give the cache more")
        self.count = min(budget // one, most)
        self.nbytes = self.count * one
        self._bytes = own_pages(self.nbytes).view(self.count, one)
        self._pairs: list[Pair | None] = [None] * self.count

    def pair(self, slot: int) -> Pair:
        """The matrices in a slot: gate above up, and down."""
        found = self._pairs[slot]
        assert found is not None
        return found

    def fill(self, slot: int, gate: Parts, up: Parts, down: Parts) -> None:
        """Write an expert into a slot; gate and up are of one kind. Other slots may be filled at the same time."""
        both = list(zip(gate.tensors, up.tensors, strict=True))
        forms = [(_stacked(*pair), pair[0].dtype) for pair in both]
        forms += [(part.shape, part.dtype) for part in down.tensors]
        room = laid_out(self._bytes[slot], forms)
        for view, (first, second) in zip(room, both, strict=False):
            rows = first.shape[first.axis]
            first.put(view.narrow(first.axis, 0, rows))
            second.put(view.narrow(first.axis, rows, second.shape[first.axis]))
        for view, part in zip(room[len(both) :], down.tensors, strict=True):
            part.put(view)
        self._pairs[slot] = gate.matrix(room[: len(both)]), down.matrix(room[len(both) :])


def expert_bytes(gate: Parts, up: Parts, down: Parts) -> int:
    """Bytes of a slot that an expert fits in."""
    joined = [first.nbytes + second.nbytes for first, second in zip(gate.tensors, up.tensors, strict=True)]
    return sum(rounded_up(count) for count in [*joined, *(part.nbytes for part in down.tensors)])


def _stacked(first: Part, second: Part) -> tuple[int, ...]:
    shape = list(first.shape)
    shape[first.axis] += second.shape[first.axis]
    return tuple(shape)


def _copying(tensor: Tensor) -> Callable[[Tensor], object]:
    return lambda room: room.copy_(tensor)


def _building(matrix: Matrix) -> Callable[[list[Tensor]], Matrix]:
    """What makes a matrix of the kind of another one."""
    if isinstance(matrix, PackedMatrix):
        return lambda parts: PackedMatrix(*(part.numpy() for part in parts))
    if isinstance(matrix, BlockMatrix):
        block = matrix.block
        return lambda parts: BlockMatrix(parts[0], block)
    return lambda parts: parts[0]
