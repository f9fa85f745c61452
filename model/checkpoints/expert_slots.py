"""Room for a fixed number of experts, in whatever bits their checkpoint has them."""

from collections.abc import Callable
from typing import NamedTuple, Self

import torch
from torch import Tensor

from docqa.kernels.gguf_matmul import BlockMatrix, BlockType
from docqa.kernels.matmul import PackedMatrix
from docqa.kernels.moe import Matrix
from docqa.model.errors import NoMemory
from docqa.model.state.pages import aligned_nbytes, allocate_own_pages, place_tensors

Pair = tuple[Matrix, Matrix]


class ExpertTensor(NamedTuple):
    """A tensor of a matrix: `put` writes it into a given tensor. The matrix's rows are on
    `axis`.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype
    axis: int
    put: Callable[[Tensor], object]

    @property
    def nbytes(self) -> int:
        return torch.Size(self.shape).numel() * self.dtype.itemsize


class ExpertMatrix(NamedTuple):
    """A matrix before it is in a slot: its tensors, of a `PackedMatrix` or one; `block`: of a
    `BlockMatrix`.
    """

    tensors: list[ExpertTensor]
    block: BlockType | None = None

    @classmethod
    def from_matrix(cls, matrix: Tensor | BlockMatrix) -> Self:
        """Those of a matrix in memory."""
        block = matrix.block if isinstance(matrix, BlockMatrix) else None
        data = matrix.data if isinstance(matrix, BlockMatrix) else matrix
        return cls(
            [ExpertTensor(tuple(data.shape), data.dtype, 0, lambda room: room.copy_(data))], block
        )

    def build_matrix(self, tensors: list[Tensor]) -> Matrix:
        """The matrix made of `tensors`."""
        if len(tensors) > 1:
            return PackedMatrix(*(tensor.numpy() for tensor in tensors))
        return tensors[0] if self.block is None else BlockMatrix(tensors[0], self.block)


Triple = tuple[ExpertMatrix, ExpertMatrix, ExpertMatrix]  # gate, up and down


class ExpertSlots:
    """At most `most` experts of `one` bytes each (see `expert_bytes`) in `budget` bytes. Raises
    NoMemory: none fits.
    """

    def __init__(self, budget: int, one: int, most: int) -> None:
        if budget < one:
            raise NoMemory(
                f"{budget:,} bytes are too few for experts, one takes {one:,}; give the cache more"
            )
        self.count = min(budget // one, most)
        self.nbytes = self.count * one
        self._bytes = allocate_own_pages(self.nbytes).view(self.count, one)
        self._pairs: list[Pair | None] = [None] * self.count

    def expert_matrices(self, slot: int) -> Pair:
        """The matrices in a slot: gate above up, and down."""
        found = self._pairs[slot]
        assert found is not None
        return found

    def write_expert(
        self, slot: int, gate: ExpertMatrix, up: ExpertMatrix, down: ExpertMatrix
    ) -> None:
        """Writes an expert into a slot; gate and up are of one kind. Other slots may be filled at
        the same time.
        """
        both = list(zip(gate.tensors, up.tensors, strict=True))
        forms = [(_stacked_shape(*pair), pair[0].dtype) for pair in both]
        forms += [(part.shape, part.dtype) for part in down.tensors]
        room = place_tensors(self._bytes[slot], forms)
        for view, (first, second) in zip(room, both, strict=False):
            rows = first.shape[first.axis]
            first.put(view.narrow(first.axis, 0, rows))
            second.put(view.narrow(first.axis, rows, second.shape[first.axis]))
        for view, part in zip(room[len(both) :], down.tensors, strict=True):
            part.put(view)
        self._pairs[slot] = (
            gate.build_matrix(room[: len(both)]),
            down.build_matrix(room[len(both) :]),
        )


def expert_bytes(gate: ExpertMatrix, up: ExpertMatrix, down: ExpertMatrix) -> int:
    """Bytes of a slot for an expert."""
    joined = [
        first.nbytes + second.nbytes for first, second in zip(gate.tensors, up.tensors, strict=True)
    ]
    return sum(
        aligned_nbytes(count) for count in [*joined, *(part.nbytes for part in down.tensors)]
    )


def _stacked_shape(first: ExpertTensor, second: ExpertTensor) -> tuple[int, ...]:
    shape = list(first.shape)
    shape[first.axis] += second.shape[first.axis]
    return tuple(shape)
