"""What an attention layer remembers: keys and values.

Everything is replaced, never written in place, so that a fork copies references. Whole blocks, on
the absolute grid, are quantized to int8 (one fp16 scale for each token and head), keys with a bias
to fp16; the pending block keeps the model's dtype. Keys are stored rotated: one YaRN factor holds
for a whole lineage.
"""

from collections.abc import Mapping
from copy import copy
from typing import Self

import torch
from torch import Tensor

from docqa.kernels.attention import (
    BlockSelection,
    KVBlock,
    KVContext,
    QueryTile,
    attention_over,
    best_blocks,
    block_bounds,
)

from .long_attention import LongAttention
from .pages import copy_to_own_pages

ROOM = 64  # tokens that keys and values get room for at least
LARGEST_HALF = torch.finfo(torch.float16).max
TILE = 256  # queries that share one selection of key blocks, on the absolute grid


def quantize_to_int8(x: Tensor) -> tuple[Tensor, Tensor]:
    """x [.., dim] as int8 and its scale [..] in fp16; error at most half a step of amax / 127."""
    wide = x.float()
    scale = (wide.abs().amax(-1) / 127).clamp(min=1e-7).half()
    return (wide / scale.float()[..., None]).round().clamp(-127, 127).to(torch.int8), scale


def quantize_block(k: Tensor, v: Tensor, block: int, *, half_keys: bool = False) -> KVBlock:
    """A whole block, k and v [tokens, kv_heads, dim], quantized; its bounds are of the keys as they
    are read back.

    `half_keys`: keys become fp16. Those of Qwen2.5 have a bias of hundreds in some columns; with
    one scale for all, 8 bits err by 1.8 (root mean square) in the scores of the 0.5B's first layer,
    fp16 by 0.02.
    """
    v8, v_scale = quantize_to_int8(v)
    if half_keys:
        halves = k.clamp(-LARGEST_HALF, LARGEST_HALF).half()
        return KVBlock(halves, v8, None, v_scale, block_bounds(halves.float(), block))
    k8, k_scale = quantize_to_int8(k)
    return KVBlock(
        k8, v8, k_scale, v_scale, block_bounds(k8.float() * k_scale.float()[..., None], block)
    )


def _copy_to_own_pages(block: KVBlock) -> KVBlock:
    """The same block in pages of its own."""
    parts = {name: part for name, part in vars(block).items() if part is not None}
    copies = copy_to_own_pages([*parts.values()])
    return KVBlock(**dict(zip(parts, copies, strict=True)))


class AttentionMemory:
    """Keys and values of one attention layer."""

    def __init__(self, grid: int, long: LongAttention, *, half_keys: bool = False) -> None:
        self.grid = grid
        self.long = long
        self.tile = min(TILE, grid)
        self.half_keys = half_keys
        self.quantized: tuple[KVBlock, ...] = ()
        self.pending: tuple[Tensor, Tensor] | None = None  # [tokens, kv_heads, dim] each
        self._room: tuple[Tensor, Tensor] | None = (
            None  # what `pending` is the beginning of, where nobody else writes
        )

    @property
    def length(self) -> int:
        return len(self.quantized) * self.grid + (
            0 if not self.pending else self.pending[0].shape[0]
        )

    def fork(self) -> Self:
        self._room = None  # both would write after the same tokens
        return copy(self)

    def tensors(self) -> dict[str, Tensor]:
        """What is remembered outside whole blocks, by the names of a saved state."""
        return {} if not self.pending else {"open_k": self.pending[0], "open_v": self.pending[1]}

    def restore(self, parts: Mapping[str, Tensor], own: str) -> None:
        """Takes over what `tensors` gave, by names that begin with `own`, but for whole blocks.
        Raises KeyError.
        """
        self.pending = (
            (parts[f"{own}open_k"], parts[f"{own}open_v"]) if f"{own}open_k" in parts else None
        )

    def attend(self, q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor:
        """Adds k, v [1, seq, kv_heads, dim], lets q [1, seq, heads, dim] read, and quantizes a
        whole block. `rounded` as in `kernels.attention.attention`."""
        self._append_to_pending(k[0], v[0])
        selection = None if self.length <= self.long.exact else self._select_blocks(q)
        out = attention_over(q, self.context(), selection, rounded=rounded)
        self._quantize_whole_block()
        return out

    def append(self, k: Tensor, v: Tensor) -> None:
        """Adds k, v [tokens, kv_heads, dim] that were read already; whole blocks are quantized."""
        done = 0
        while done < k.shape[0]:
            room = self.grid - self.length % self.grid
            self._append_to_pending(k[done : done + room], v[done : done + room])
            self._quantize_whole_block()
            done += room

    def _append_to_pending(self, k: Tensor, v: Tensor) -> None:
        self.pending = (
            (k.clone(), v.clone())
            if not self.pending
            else self._extend_pending(self.pending, (k, v))
        )

    def _quantize_whole_block(self) -> None:
        """Quantizes the pending block if it is whole."""
        if self.pending and self.pending[0].shape[0] == self.grid:
            whole = _copy_to_own_pages(
                quantize_block(*self.pending, self.long.block, half_keys=self.half_keys)
            )
            self.quantized = (*self.quantized, whole)
            self.pending = None
            self._room = None

    def _extend_pending(
        self, old: tuple[Tensor, Tensor], new: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Keys and values with a call's after them: one token is written into room that is kept
        for more.
        """
        have = old[0].shape[0]
        count = old[0].shape[0] + new[0].shape[0]
        if new[0].shape[0] > 1 or not torch.is_inference_mode_enabled():
            self._room = None
            return torch.cat([old[0], new[0]]), torch.cat([old[1], new[1]])
        if not self._room or self._room[0].shape[0] < count:
            size = min(self.grid, max(ROOM, 2 * count))
            self._room = (
                old[0].new_empty(size, *old[0].shape[1:]),
                old[1].new_empty(size, *old[1].shape[1:]),
            )
            for room, part in zip(self._room, old, strict=True):
                room[:have] = part
        for room, part in zip(self._room, new, strict=True):
            room[have:count] = part
        return self._room[0][:count], self._room[1][:count]

    def context(self) -> KVContext:
        """All keys and values as they lie, the pending block included."""
        last = () if not self.pending else (KVBlock(*self.pending),)
        return KVContext((*self.quantized, *last), self.grid)

    def _select_blocks(self, q: Tensor) -> BlockSelection:
        """Past the exact range: the first block, the best blocks of each tile, and the last `local`
        tokens.
        """
        bounds = torch.cat([b.bounds for b in self.quantized if b.bounds is not None])
        block = self.long.block
        stop = self.length
        at = start = stop - q.shape[1]
        tiles = []
        while at < stop:
            first = at // self.tile * self.tile
            until = min(first + self.tile, stop)
            near = max(
                (first - self.long.local) // block, 1
            )  # the first key block of the local range
            far = best_blocks(q[0, at - start : until - start], bounds[1:near], self.long.best) + 1
            tiles.append(QueryTile(until - start, near * block, far))
            at = until
        return BlockSelection(block, tiles)
