"""What layers of `qwen4_exp` remember besides: n-gram ids and their convolution, and the index of attention.

Everything is replaced and never written in place, as in kv_cache.py.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from docqa.kernels.attention import attention_indexed
from docqa.model.state.kv_cache import AttentionMemory, DeltaMemory
from docqa.model.state.long_attention import LongAttention


class NgramMemory(DeltaMemory):
    """`words` [batch, longest n - 1]: the last ids. `lexical` [batch, reach, channels]: before the convolution."""

    words: Tensor | None = None
    lexical: Tensor | None = None

    def update_ngrams(self, words: Tensor, lexical: Tensor) -> None:
        self.words, self.lexical = words, lexical

    def fork(self) -> NgramMemory:
        twin = NgramMemory(self.tail, self.memory)
        twin.words, twin.lexical = self.words, self.lexical
        return twin

    def keep(self, chosen: Tensor) -> None:
        """Go on with the batch rows `chosen` [new rows], repeats allowed."""
        super().keep(chosen)
        assert self.words is not None and self.lexical is not None
        self.update_ngrams(self.words[chosen], self.lexical[chosen])

    def tensors(self) -> dict[str, Tensor]:
        """What is remembered, by the names of a saved state."""
        both = (("words", self.words), ("lexical", self.lexical))
        return super().tensors() | {name: part for name, part in both if part is not None}

    def restore(self, parts: Mapping[str, Tensor], own: str) -> None:
        """Take over what `tensors` gave, behind the names' beginning `own`. Raises KeyError: one is missing."""
        super().restore(parts, own)
        self.update_ngrams(parts[f"{own}words"], parts[f"{own}lexical"])


class IndexedMemory(AttentionMemory):
    """Keys and values that an index chooses among, whatever the length of the context.

    `pooled` [1, blocks, dim]: the index's key of each whole block, turned. `waiting` [1, tokens, dim]: of the tokens
    behind the last whole block, as they are projected.
    """

    pooled: Tensor | None = None
    waiting: Tensor | None = None

    def __init__(self, grid: int, long: LongAttention, *, half_keys: bool = False) -> None:
        # The index is what makes long contexts cheap here: docqa's own choice of blocks is never made.
        super().__init__(grid, replace(long, exact=sys.maxsize), half_keys=half_keys)

    def update_index(self, pooled: Tensor, waiting: Tensor) -> None:
        self.pooled, self.waiting = pooled, waiting

    def attend_chosen(self, q: Tensor, k: Tensor, v: Tensor, chosen: Tensor, size: int) -> Tensor:
        """As `attend`; each query reads the blocks of `size` tokens that are `chosen`, [1, seq, blocks]."""
        self._add(k[0], v[0])
        out = attention_indexed(q, self.context(), chosen[0], size)
        self._close()
        return out

    def fork(self) -> IndexedMemory:
        twin = IndexedMemory(self.grid, self.long, half_keys=self.half_keys)
        self._share(twin)
        twin.pooled, twin.waiting = self.pooled, self.waiting
        return twin

    def nbytes(self) -> int:
        return super().nbytes() + sum(part.nbytes for part in (self.pooled, self.waiting) if part is not None)

    def tensors(self) -> dict[str, Tensor]:
        """What is remembered outside whole blocks of keys, by the names of a saved state."""
        both = (("pooled", self.pooled), ("waiting", self.waiting))
        return super().tensors() | {name: part for name, part in both if part is not None}

    def restore(self, parts: Mapping[str, Tensor], own: str) -> None:
        """Take over what `tensors` gave, behind the names' beginning `own`. Raises KeyError: one is missing."""
        super().restore(parts, own)
        self.update_index(parts[f"{own}pooled"], parts[f"{own}waiting"])


class ForkedIndex:
    """Indexed attention of branches, [branches, seq = 1, heads, dim], each of which goes on by itself."""

    def __init__(self, memory: IndexedMemory) -> None:
        self.branches = [memory.fork()]
        self.pooled, self.waiting = memory.pooled, memory.waiting  # of all branches

    @property
    def length(self) -> int:
        return self.branches[0].length

    def update_index(self, pooled: Tensor, waiting: Tensor) -> None:
        self.pooled, self.waiting = pooled, waiting

    def attend(self, q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor:
        """Add one token to every branch and let its query read everything before it."""
        rows = zip(self.branches, q[:, None], k[:, None], v[:, None], strict=True)
        return torch.cat([branch.attend(*row, rounded=rounded) for branch, *row in rows])

    def attend_chosen(self, q: Tensor, k: Tensor, v: Tensor, chosen: Tensor, size: int) -> Tensor:
        """Add one token to every branch and let its query read what is `chosen` for it, [branches, 1, blocks]."""
        rows = zip(self.branches, q[:, None], k[:, None], v[:, None], chosen[:, None], strict=True)
        return torch.cat([branch.attend_chosen(q, k, v, one, size) for branch, q, k, v, one in rows])

    def keep(self, chosen: Tensor) -> None:
        """Go on with the branches `chosen` [new branches], repeats allowed."""
        self.branches = [self.branches[number].fork() for number in chosen.tolist()]
        assert self.pooled is not None and self.waiting is not None
        self.update_index(self.pooled[chosen], self.waiting[chosen])
