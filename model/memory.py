"""What a layer remembers: keys and values of attention layers, tail and memory of delta nets.

Everything here is replaced, never written in place, so that a fork is a copy of references. Whole blocks of keys and
values are sealed on the absolute grid and held in int8 (one fp16 scale for each token and head); the open block keeps
the model's dtype. Keys are stored rotated: one YaRN factor holds for a whole lineage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from docqa.kernels.attention import attention, best_blocks, block_bounds

TILE = 256  # queries that share one choice of key blocks, on the absolute grid


@dataclass(frozen=True)
class LongAttention:
    """How far attention is exact, and what it reads beyond (all in tokens, `best` in blocks)."""

    exact: int = 32_768
    local: int = 8_192
    best: int = 64
    block: int = 128

    def describe(self, position: int) -> str:
        """The name of what a context of `position` tokens was read with, for provenance."""
        if position <= self.exact:
            return f"exact, int8 keys and values past whole blocks, up to {self.exact} tokens"
        return (
            f"exact up to {self.exact} tokens, then the first {self.block} and the last {self.local} tokens and the "
            f"{self.best} best blocks of {self.block} by min-max bound; int8 keys and values"
        )


class DeltaMemory:
    """`tail` [batch, taps - 1, channels] before the convolution, `memory` [batch, heads, key, value]."""

    def __init__(self, tail: Tensor | None = None, memory: Tensor | None = None) -> None:
        self.tail, self.memory = tail, memory

    def update(self, tail: Tensor, memory: Tensor) -> None:
        self.tail, self.memory = tail, memory

    def fork(self) -> DeltaMemory:
        return DeltaMemory(self.tail, self.memory)

    def nbytes(self) -> int:
        return sum(t.nbytes for t in (self.tail, self.memory) if t is not None)


@dataclass(frozen=True)
class SealedBlock:
    """A whole grid block of one attention layer: int8 [tokens, kv_heads, dim], scales fp16 [tokens, kv_heads]."""

    k: Tensor
    k_scale: Tensor
    v: Tensor
    v_scale: Tensor
    bounds: Tensor  # float32 [tokens / block, 2, kv_heads, dim], of the keys as they are read back

    def keys(self, dtype: torch.dtype) -> Tensor:
        return self.k.to(dtype) * self.k_scale.to(dtype)[..., None]

    def values(self, dtype: torch.dtype) -> Tensor:
        return self.v.to(dtype) * self.v_scale.to(dtype)[..., None]

    def nbytes(self) -> int:
        return sum(t.nbytes for t in (self.k, self.k_scale, self.v, self.v_scale, self.bounds))


def to_int8(x: Tensor) -> tuple[Tensor, Tensor]:
    """x [.., dim] as int8 and its scale [..] in fp16; error at most half a step of amax / 127."""
    wide = x.float()
    scale = (wide.abs().amax(-1) / 127).clamp(min=1e-7).half()
    return (wide / scale.float()[..., None]).round().clamp(-127, 127).to(torch.int8), scale


def seal(k: Tensor, v: Tensor, block: int) -> SealedBlock:
    """Quantize a whole block, k and v [tokens, kv_heads, dim]."""
    (k8, k_scale), (v8, v_scale) = to_int8(k), to_int8(v)
    return SealedBlock(k8, k_scale, v8, v_scale, block_bounds(k8.float() * k_scale.float()[..., None], block))


class AttentionMemory:
    """Keys and values of one attention layer; `watch`, where set, sees every query with what it may read."""

    def __init__(self, grid: int, long: LongAttention) -> None:
        self.grid, self.long, self.tile = grid, long, min(TILE, grid)
        self.sealed: tuple[SealedBlock, ...] = ()
        self.open: tuple[Tensor, Tensor] | None = None  # [tokens, kv_heads, dim] each
        self.watch: Callable[[Tensor, AttentionMemory], None] | None = None

    @property
    def length(self) -> int:
        return len(self.sealed) * self.grid + (0 if self.open is None else self.open[0].shape[0])

    def fork(self) -> AttentionMemory:
        twin = AttentionMemory(self.grid, self.long)
        twin.sealed, twin.open = self.sealed, self.open
        return twin

    def nbytes(self) -> int:
        return sum(b.nbytes() for b in self.sealed) + (0 if self.open is None else sum(t.nbytes for t in self.open))

    def attend(self, q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor:
        """Add k, v [1, seq, kv_heads, dim], let q [1, seq, heads, dim] read, and seal the block if it is whole.

        `rounded` as in `kernels.attention.attention`.
        """
        if self.open is None:
            self.open = k[0].clone(), v[0].clone()
        else:
            self.open = torch.cat([self.open[0], k[0]]), torch.cat([self.open[1], v[0]])
        if self.watch is not None:
            self.watch(q, self)
        if self.length <= self.long.exact:
            keys, values = self.between(0, self.length, q.dtype)
            out = attention(q, keys[None], values[None], rounded=rounded)
        else:
            out = self._sparse(q, rounded)
        if self.open[0].shape[0] == self.grid:
            self.sealed, self.open = (*self.sealed, seal(*self.open, self.long.block)), None
        return out

    def between(self, start: int, stop: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Keys and values [stop - start, kv_heads, dim] of a range of positions, dequantized."""
        keys, values = [], []
        for number in range(start // self.grid, -(-stop // self.grid)):
            base = number * self.grid
            part = slice(max(start - base, 0), min(stop - base, self.grid))
            if number < len(self.sealed):
                block = self.sealed[number]
                cut = SealedBlock(block.k[part], block.k_scale[part], block.v[part], block.v_scale[part], block.bounds)
                keys.append(cut.keys(dtype))
                values.append(cut.values(dtype))
            elif self.open is not None:
                keys.append(self.open[0][part].to(dtype))
                values.append(self.open[1][part].to(dtype))
        if len(keys) == 1:
            return keys[0], values[0]
        return torch.cat(keys), torch.cat(values)

    def _sparse(self, q: Tensor, rounded: bool) -> Tensor:
        """Past the exact range: the first block, the best blocks of each tile, and the last `local` tokens."""
        block, stop = self.long.block, self.length
        start = stop - q.shape[1]
        bounds = self._bounds()
        near = self._near(start)
        near_k, near_v = self.between(near, stop, q.dtype)
        first_k, first_v = self.between(0, block, q.dtype)
        out = torch.empty_like(q)
        at = start
        while at < stop:
            until = min((at // self.tile + 1) * self.tile, stop)
            rows, local = slice(at - start, until - start), self._near(at)
            chosen = self._far(q[0, rows], local, bounds)
            far_k, far_v = self._gather(chosen, q.dtype)
            cut = slice(local - near, until - near)
            keys, values = torch.cat([first_k, far_k, near_k[cut]]), torch.cat([first_v, far_v, near_v[cut]])
            out[:, rows] = attention(q[:, rows], keys[None], values[None], rounded=rounded)
            at = until
        return out

    def reads(self, q: Tensor, at: int) -> Tensor:
        """Which positions a tile of queries reads, past the exact range: bool [kv_heads, length].

        q [rows, heads, dim] are the queries from position `at` on, to the end of their tile or of the context.
        """
        local, size, bounds = self._near(at), self.long.block, self._bounds()
        read = torch.zeros(bounds.shape[2], self.length, dtype=torch.bool)
        read[:, :size] = read[:, local:] = True
        for row, numbers in zip(read, self._far(q, local, bounds), strict=True):
            row[: local // size * size].view(-1, size)[numbers] = True
        return read

    def _bounds(self) -> Tensor:
        return torch.cat([b.bounds for b in self.sealed])

    def _far(self, q: Tensor, local: int, bounds: Tensor) -> Tensor:
        """Numbers of the blocks [kv_heads, best] before the local range that queries [rows, heads, dim] read."""
        return best_blocks(q, bounds[1 : local // self.long.block], self.long.best) + 1

    def _near(self, at: int) -> int:
        """First position of the local range of a tile that starts at `at`, on the grid of key blocks."""
        tile = at // self.tile * self.tile
        return max((tile - self.long.local) // self.long.block, 1) * self.long.block

    def _gather(self, chosen: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Keys and values [blocks * block, kv_heads, dim] of the blocks `chosen` [kv_heads, blocks] for each head."""
        size = self.long.block
        parts: list[list[Tensor]] = [[], [], [], []]
        for head, numbers in enumerate(chosen.tolist()):
            for number in numbers:
                sealed = self.sealed[number * size // self.grid]
                inside = slice(number * size % self.grid, number * size % self.grid + size)
                for part, source in zip(parts, (sealed.k, sealed.k_scale, sealed.v, sealed.v_scale), strict=True):
                    part.append(source[inside, head])
        k, k_scale, v, v_scale = (torch.cat(part).unflatten(0, (len(chosen), -1)) for part in parts)
        keys = k.to(dtype) * k_scale.to(dtype)[..., None]
        values = v.to(dtype) * v_scale.to(dtype)[..., None]
        return keys.transpose(0, 1), values.transpose(0, 1)


class ForkedContext:
    """Attention of branches past the exact range, [branches, seq = 1, heads, dim]: each goes on from the context by
    itself, since each chooses its own blocks of keys.
    """

    def __init__(self, memory: AttentionMemory) -> None:
        self.branches = [memory.fork()]

    def attend(self, q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor:
        """Add one token to every branch and let its query read what it chooses."""
        rows = zip(self.branches, q.split(1), k.split(1), v.split(1), strict=True)
        return torch.cat([branch.attend(*row, rounded=rounded) for branch, *row in rows])

    def keep(self, chosen: Tensor) -> None:
        """Go on with the branches `chosen` [new branches], repeats allowed."""
        self.branches = [self.branches[number].fork() for number in chosen.tolist()]
