"""A matrix in groups of 64 columns, as the checkpoint stores it: 4 or 8 bits a value, a scale and a zero a group."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from docqa.kernels.cpu.arrays import GROUP


@dataclass(frozen=True)
class PackedMatrix:
    """[rows, columns]; a value is (q - zero) * scale.

    `q`: uint8 [rows, columns / 2], two columns a byte, the low half first; or int8 [rows, columns].
    `scale`, `zero`: fp16 [columns / 64, rows], the other way round than in the checkpoint, so that the scales of
    neighbouring rows lie next to each other.
    """

    q: Tensor
    scale: Tensor
    zero: Tensor

    @classmethod
    def of(cls, q: Tensor, scale: Tensor, zero: Tensor) -> PackedMatrix:
        """From the checkpoint's three tensors, scale and zero [rows, columns / 64]; `q` is not copied."""
        return cls(q.contiguous(), scale.t().contiguous(), zero.t().contiguous())

    @property
    def bits(self) -> int:
        return 4 if self.q.dtype == torch.uint8 else 8

    @property
    def shape(self) -> tuple[int, int]:
        return self.q.shape[0], self.scale.shape[0] * GROUP

    def dense(self, rows: Tensor | None = None) -> Tensor:
        """The values as float32 [rows, columns]; `rows`: indices of those wanted, all by default."""
        q = self.q if rows is None else self.q[rows]
        scale, zero = (x.t() if rows is None else x.t()[rows] for x in (self.scale, self.zero))
        groups = unpacked(q).view(scale.shape[0], -1, GROUP)
        return groups.sub_(zero.float()[..., None]).mul_(scale.float()[..., None]).view(scale.shape[0], -1)


def unpacked(q: Tensor) -> Tensor:
    """The whole numbers of a packed matrix, one or two a byte, as new float32 [rows, columns]."""
    if q.dtype == torch.int8:
        return q.float()
    wide = torch.empty(*q.shape, 2)
    wide[..., 0] = q & 15
    wide[..., 1] = q >> 4
    return wide.view(q.shape[0], -1)
