"""A context of keys and values, and which part of it queries far after read."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from docqa.kernels.cpu.library import KVSegment


@dataclass(frozen=True, eq=False)
class KVBlock:
    """Keys and values of a part of a context, [count, kv_heads, dim]: int8 with fp16 scales [count,
    kv_heads], or floats without; fp16 keys may stand beside int8 values. `bounds`: of a whole
    block, from `block_bounds`, [count / block, 2, kv_heads, dim]."""

    k: Tensor
    v: Tensor
    k_scale: Tensor | None = None
    v_scale: Tensor | None = None
    bounds: Tensor | None = None

    def unpack_part(
        self, part: slice | tuple[slice, slice], dtype: torch.dtype
    ) -> tuple[Tensor, Tensor]:
        """Keys and values of a part, [tokens of the part, kv_heads of it, dim]; `part`: of tokens,
        and of heads.
        """
        k = self.k[part].to(dtype)
        v = self.v[part].to(dtype)
        k = k if self.k_scale is None else k * self.k_scale[part].to(dtype)[..., None]
        return k, v if self.v_scale is None else v * self.v_scale[part].to(dtype)[..., None]

    def as_plain_block(self) -> "KVBlock":
        """As the library can read it: elements in order, floats of 32 bits; itself where it is so
        already.
        """
        parts = [self.k, self.v, self.k_scale, self.v_scale, self.bounds]
        ready = [None if part is None else part.contiguous() for part in parts]
        if self.v_scale is None:
            ready[:2] = [part.float().contiguous() for part in parts[:2] if part is not None]
        if all(one is other for one, other in zip(ready, parts, strict=True)):
            return self
        k, v, *rest = ready
        assert k is not None and v is not None
        return KVBlock(k, v, *rest)

    @cached_property
    def as_segment(self) -> KVSegment:
        """A plain one as the library reads it."""
        parts = (self.k, self.v, self.k_scale, self.v_scale, self.bounds)
        return KVSegment(
            self.k.shape[0], *(None if part is None else part.data_ptr() for part in parts)
        )


@dataclass(frozen=True, eq=False)
class KVContext:
    """Keys and values of one attention layer; all KV blocks but the last are `grid` tokens long."""

    blocks: Sequence[KVBlock]
    grid: int

    @property
    def length(self) -> int:
        """In tokens."""
        return (len(self.blocks) - 1) * self.grid + self.blocks[-1].k.shape[0] if self.blocks else 0

    def unpacked_range(self, start: int, stop: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Keys and values [stop - start, kv_heads, dim] of a range of positions, unpacked."""
        parts = []
        for number in range(start // self.grid, -(-stop // self.grid)):
            base = number * self.grid
            part = slice(max(start - base, 0), min(stop - base, self.grid))
            parts.append(self.blocks[number].unpack_part(part, dtype))
        if len(parts) == 1:
            return parts[0]
        keys, values = map(torch.cat, zip(*parts, strict=True))
        return keys, values

    def unpacked_blocks(
        self, chosen: Tensor, size: int, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor]:
        """Keys and values [blocks * size, kv_heads, dim] of the key blocks `chosen` [kv_heads,
        blocks] of each head.
        """
        parts = []
        for head, numbers in enumerate(chosen.tolist()):
            for number in numbers:
                block = self.blocks[number * size // self.grid]
                inside = number * size % self.grid
                parts.append(
                    block.unpack_part((slice(inside, inside + size), slice(head, head + 1)), dtype)
                )
        joined = (
            torch.cat(part).unflatten(0, (len(chosen), -1)) for part in zip(*parts, strict=True)
        )
        keys, values = (part[:, :, 0].transpose(0, 1) for part in joined)
        return keys, values


@dataclass(frozen=True, eq=False)
class QueryTile:
    """Queries of a call before its query `end` and after the tile before. They read the first
    block, the blocks `far` [kv_heads, count], ascending, and all from position `local`, where a
    block begins, up to each of them."""

    end: int
    local: int
    far: Tensor


@dataclass(frozen=True, eq=False)
class BlockSelection:
    """What the queries of a call read of a context, tile by tile, in blocks of `block` tokens."""

    block: int
    tiles: Sequence[QueryTile]
