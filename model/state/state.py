"""State: what the model keeps of the tokens that it has read; files.py saves it.

`fork` copies references, since layers replace their tensors. There is no other way back: the memory
of a delta net cannot be cut.
"""

from __future__ import annotations

import hashlib
from copy import copy
from typing import TYPE_CHECKING

import numpy as np

from docqa.model.config import HybridConfig
from docqa.model.family import FULL

from .delta_memory import DeltaMemory
from .long_attention import GRID, LongAttention

if TYPE_CHECKING:
    from torch import Tensor

    from .kv_cache import AttentionMemory


class State:
    """Mutable: every prefill and decode step moves it on. Fork it before a question."""

    def __init__(
        self,
        config: HybridConfig,
        yarn_factor: float = 1.0,
        *,
        grid: int = GRID,
        long: LongAttention | None = None,
    ) -> None:
        """An empty state; `grid` is the block of prefill in tokens, `long` how attention reads far
        contexts. A `config` of the first layers (`HybridConfig.first_layers`) makes one read no
        deeper, without logits."""
        self.config = config
        self.yarn_factor = float(yarn_factor)
        self.grid = grid
        self.long = long or LongAttention()
        self.layers: tuple[DeltaMemory | AttentionMemory, ...] = tuple(
            _empty_memory(config, number, grid, self.long)
            for number in range(len(config.layer_types))
        )
        self.position = 0
        self.hidden: Tensor | None = (
            None  # output of the last norm at the last token, [dim]; None when read part way
        )
        self.tokens: tuple[np.ndarray, ...] = ()  # the ids read, int32, in the pieces that were run

    def advance(self, ids: np.ndarray, hidden: Tensor | None) -> None:
        """Notes that ids [seq] have been run through the layers; `hidden` [dim]: the last token's,
        after all.
        """
        self.tokens = (*self.tokens, ids.astype(np.int32))
        self.position += ids.shape[0]
        self.hidden = hidden

    def ids(self) -> np.ndarray:
        """All token ids read so far, int32 [position]."""
        return np.concatenate([np.empty(0, np.int32), *self.tokens])

    def fork(self) -> State:
        """An independent state at the same point; copies nothing until one of the two moves on."""
        twin = copy(self)
        twin.layers = tuple(layer.fork() for layer in self.layers)
        return twin


def _empty_memory(
    config: HybridConfig, number: int, grid: int, long: LongAttention
) -> DeltaMemory | AttentionMemory:
    if config.layer_types[number] != FULL:
        return DeltaMemory()
    from .kv_cache import AttentionMemory

    return AttentionMemory(grid, long, half_keys=config.half_keys)


def digest(ids: np.ndarray) -> str:
    """sha256 of token ids."""
    return hashlib.sha256(ids.astype(np.int32).tobytes()).hexdigest()
