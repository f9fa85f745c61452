"""Room for a fixed number of experts, in whatever bits their checkpoint has them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor

from docqa.kernels.matmul import BlockMatrix, PackedMatrix
from docqa.kernels.moe import Matrix
from docqa.model.errors import NoMemory

Pair = tuple[Matrix, Matrix]
Triple = tuple[Matrix, Matrix, Matrix]
_ALIGNED = 64  # bytes that every part begins at a multiple of


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
        self._bytes = torch.empty(self.count, one, dtype=torch.uint8)
        self._pairs: list[Pair | None] = [None] * self.count

    def pair(self, slot: int) -> Pair:
        """The matrices in a slot: gate above up, and down."""
        found = self._pairs[slot]
        assert found is not None
        return found

    def fill(self, slot: int, gate: Matrix, up: Matrix, down: Matrix) -> None:
        """Copy an expert into a slot; gate and up are of one kind."""
        joined = list(zip(_axes(gate), _parts(gate), _parts(up), strict=True))
        shapes = [_stacked(axis, first, second) for axis, first, second in joined]
        parts = [*((shape, half.dtype) for shape, (_, half, _) in zip(shapes, joined, strict=True)),
                 *((tuple(part.shape), part.dtype) for part in _parts(down))]  # fmt: skip
        room = _views(self._bytes[slot], parts)
        for view, (axis, first, second) in zip(room, joined, strict=False):
            torch.cat([first, second], axis, out=view)
        for view, part in zip(room[len(joined) :], _parts(down), strict=True):
            view.copy_(part)
        self._pairs[slot] = _like(gate, room[: len(joined)]), _like(down, room[len(joined) :])


def expert_bytes(gate: Matrix, up: Matrix, down: Matrix) -> int:
    """Bytes of a slot that an expert fits in."""
    joined = [first.nbytes + second.nbytes for first, second in zip(_parts(gate), _parts(up), strict=True)]
    return sum(_rounded(count) for count in [*joined, *(part.nbytes for part in _parts(down))])


def _views(room: Tensor, parts: Sequence[tuple[tuple[int, ...], torch.dtype]]) -> list[Tensor]:
    """Tensors of these shapes and dtypes, one after another in the bytes of `room`."""
    counts = [torch.Size(shape).numel() * dtype.itemsize for shape, dtype in parts]
    starts = accumulate((_rounded(count) for count in counts), initial=0)
    return [
        room[start : start + count].view(dtype).view(shape)
        for start, count, (shape, dtype) in zip(starts, counts, parts, strict=False)
    ]


def _rounded(count: int) -> int:
    return -(-count // _ALIGNED) * _ALIGNED


def _stacked(axis: int, first: Tensor, second: Tensor) -> tuple[int, ...]:
    shape = list(first.shape)
    shape[axis] += second.shape[axis]
    return tuple(shape)


def _parts(matrix: Matrix) -> list[Tensor]:
    if isinstance(matrix, PackedMatrix):
        return [matrix.q, matrix.scale, matrix.zero]
    return [matrix.data if isinstance(matrix, BlockMatrix) else matrix]


def _axes(matrix: Matrix) -> tuple[int, ...]:
    """The axis of each part that the matrix's rows are on."""
    return (0, 1, 1) if isinstance(matrix, PackedMatrix) else (0,)


def _like(matrix: Matrix, parts: list[Tensor]) -> Matrix:
    """A matrix of the kind of another one, of other parts."""
    if isinstance(matrix, PackedMatrix):
        return PackedMatrix(*parts)
    return BlockMatrix(parts[0], matrix.block) if isinstance(matrix, BlockMatrix) else parts[0]
