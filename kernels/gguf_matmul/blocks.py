"""Blocks of GGUF files as ggml defines them, and a matrix of them as it lies in a file.

A block has 32 or 256 columns of a row: their codes in a few bits, low halves of bytes first, beside
fp16 scales. Each group of columns has a scale and an offset: value = scale * code - offset.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from docqa.kernels.cpu.arrays import PackedMatrix
from docqa.kernels.errors import KernelError


class UnknownBlock(KernelError):
    """A type of blocks that no product is written for."""


class Codes(NamedTuple):
    """`code` [blocks, columns of a block], `scale` and `offset` [blocks, groups of a block], in one
    floating dtype.
    """

    code: Tensor
    scale: Tensor
    offset: Tensor


Decode = Callable[[Tensor], Codes]  # uint8 [blocks, bytes of a block]


@dataclass(frozen=True)
class BlockType:
    """One type: its name and number in ggml, columns and bytes of a block, and how its bytes are
    read.
    """

    name: str
    number: int
    columns: int
    bytes: int
    decode: Decode

    def values(self, raw: Tensor) -> Tensor:
        """Rows of blocks, uint8 [rows, bytes], as float32 [rows, columns]."""
        code, scale, offset = self.decode(raw.reshape(-1, self.bytes))
        grouped = code.unflatten(1, (scale.shape[1], -1))
        return (grouped * scale[..., None] - offset[..., None]).view(raw.shape[0], -1)


@dataclass(frozen=True)
class BlockMatrix:
    """[rows, columns] in blocks: `data` uint8 [rows, bytes of a row], memory-mapped where it comes
    from a file.
    """

    data: Tensor
    block: BlockType

    @classmethod
    def from_bytes(cls, data: Tensor, kind: str) -> "BlockMatrix":
        """Of a GGUF file's bytes of type `kind` (as ggml names it). Raises UnknownBlock: the type
        is not in `BLOCKS`, or rows are no whole blocks."""
        block = BLOCKS.get(kind)
        if not block:
            raise UnknownBlock(
                f"blocks of type {kind} are not computed; known: {', '.join(BLOCKS)}"
            )
        if data.dtype != torch.uint8 or data.ndim != 2 or data.shape[1] % block.bytes:
            raise UnknownBlock(
                f"{data.dtype} {tuple(data.shape)} are no rows of {kind}, {block.bytes} bytes a block"
            )
        return cls(data.contiguous(), block)

    @property
    def shape(self) -> tuple[int, int]:
        return self.data.shape[0], self.data.shape[1] // self.block.bytes * self.block.columns

    def dense(self, rows: Tensor | slice | None = None) -> Tensor:
        """The values as float32 [rows, columns], of the wanted `rows` or all."""
        return self.block.values(self.data if rows is None else self.data[rows])

    def select_rows(self, rows: Tensor) -> "BlockMatrix":
        """The matrix of these rows, in this order, copied."""
        return BlockMatrix(self.data[rows], self.block)


StoredMatrix = PackedMatrix | BlockMatrix  # in the bits of its file


def _fp16_at(raw: Tensor, at: int) -> Tensor:
    """The fp16 number at byte `at` of every block, float32 [blocks, 1]."""
    return raw[:, at : at + 2].contiguous().view(torch.float16).float()


def _split_nibbles(raw: Tensor) -> Tensor:
    """Low halves of all bytes, then the high ones: [.., 2 * bytes]."""
    return torch.cat([raw & 15, raw >> 4], -1)


def _fifth_bits(raw: Tensor) -> Tensor:
    """16 for every set bit of four bytes: [blocks, 32]."""
    return ((raw[..., None] >> torch.arange(8, dtype=torch.uint8, device=raw.device)) & 1).flatten(
        -2
    ) << 4


def _look_up_codes(codes: Tensor, values: tuple[int, ...]) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, device=codes.device)[codes.int()]


def _nibble_decoder(*, fifth: bool = False, least: bool = False) -> Decode:
    """32 codes of 4 bits, or 5 with a `fifth`, after a scale and, with `least`, that value."""
    at = 4 if least else 2

    def decode(raw: Tensor) -> Codes:
        d = _fp16_at(raw, 0)
        code = _split_nibbles(raw[:, at + 4 * fifth :])
        code = code | _fifth_bits(raw[:, at : at + 4]) if fifth else code
        return Codes(code.float(), d, -_fp16_at(raw, 2) if least else (16 if fifth else 8) * d)

    return decode


def _decode_q8_0(raw: Tensor) -> Codes:
    d = _fp16_at(raw, 0)
    return Codes(raw[:, 2:].view(torch.int8).float(), d, torch.zeros_like(d))


def _six_bit_scales(raw: Tensor) -> tuple[Tensor, Tensor]:
    """Scales and offsets of eight groups, 6 bits each in the 12 bytes after two fp16 factors:
    [blocks, 8] twice.
    """
    a = raw[:, 4:8]
    b = raw[:, 8:12]
    c = raw[:, 12:16]
    scale = torch.cat([a & 63, (c & 15) | ((a >> 6) << 4)], 1)
    offset = torch.cat([b & 63, (c >> 4) | ((b >> 6) << 4)], 1)
    return _fp16_at(raw, 0) * scale.float(), _fp16_at(raw, 2) * offset.float()


def _decode_q4_k(raw: Tensor) -> Codes:
    return Codes(
        _split_nibbles(raw[:, 16:].unflatten(1, (4, 32))).flatten(1).float(), *_six_bit_scales(raw)
    )


def _decode_q5_k(raw: Tensor) -> Codes:
    low = (
        _split_nibbles(raw[:, 48:].unflatten(1, (4, 32))).unflatten(-1, (2, 32)).flatten(1, 2)
    )  # [blocks, 8, 32]
    bit = torch.arange(8, dtype=torch.uint8, device=raw.device)[:, None]
    high = ((raw[:, None, 16:48] >> bit) & 1) << 4
    return Codes((low | high).flatten(1).float(), *_six_bit_scales(raw))


def _decode_q6_k(raw: Tensor) -> Codes:
    low = _split_nibbles(raw[:, :128].unflatten(1, (2, 64))).unflatten(
        -1, (4, 32)
    )  # [blocks, 2, 4, 32]
    shift = torch.arange(0, 8, 2, dtype=torch.uint8, device=raw.device)[:, None]
    high = ((raw[:, 128:192].unflatten(1, (2, 1, 32)) >> shift) & 3) << 4
    scale = raw[:, 192:208].view(torch.int8).float() * _fp16_at(raw, 208)
    return Codes((low | high).flatten(1).float(), scale, 32 * scale)


def _decode_iq4_nl(raw: Tensor) -> Codes:
    curve = (-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)
    d = _fp16_at(raw, 0)
    return Codes(_look_up_codes(_split_nibbles(raw[:, 2:]), curve), d, torch.zeros_like(d))


def _decode_mxfp4(raw: Tensor) -> Codes:
    """Floats of 4 bits (twice their values in the table) with a power of two for 32 of them."""
    doubled = (0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12)
    d = torch.ldexp(torch.ones(raw.shape[0], 1, device=raw.device), raw[:, :1].int() - 128)
    return Codes(_look_up_codes(_split_nibbles(raw[:, 1:]), doubled), d, torch.zeros_like(d))


BLOCKS = {
    block.name: block
    for block in (
        BlockType("Q4_0", 2, 32, 18, _nibble_decoder()),
        BlockType("Q4_1", 3, 32, 20, _nibble_decoder(least=True)),
        BlockType("Q5_0", 6, 32, 22, _nibble_decoder(fifth=True)),
        BlockType("Q5_1", 7, 32, 24, _nibble_decoder(fifth=True, least=True)),
        BlockType("Q8_0", 8, 32, 34, _decode_q8_0),
        BlockType("Q4_K", 12, 256, 144, _decode_q4_k),
        BlockType("Q5_K", 13, 256, 176, _decode_q5_k),
        BlockType("Q6_K", 14, 256, 210, _decode_q6_k),
        BlockType("IQ4_NL", 20, 32, 18, _decode_iq4_nl),
        BlockType("MXFP4", 39, 32, 17, _decode_mxfp4),
    )
}
