"""Drafts: tokens that the MTP module guesses ahead."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.model.mtp import Mtp
from docqa.model.network import Network
from docqa.model.state.kv_cache import AttentionMemory
from docqa.model.state.long_attention import LongAttention

_GRID, _EVER = 2_048, LongAttention(exact=1 << 40)  # a draft need not be exact, so its one layer never selects blocks


class Drafter:
    """Guesses what comes next in one text. Mutable; `read` gives it every token and the trunk's output for it.

    `Model.prefill(..., on_output=drafter.read)` does so for a whole text. One that starts in the middle of a text works
    too, and is right less often.
    """

    def __init__(self, network: Network, mtp: Mtp) -> None:
        self.network, self.mtp = network, mtp
        self.memory = AttentionMemory(_GRID, _EVER)
        self.hidden: Tensor | None = None  # [dim], of the last token that was read

    def read(self, ids: Tensor, hidden: Tensor) -> None:
        """Take in ids [seq] with the trunk's hidden states [seq, dim], which follow what was read before."""
        before = hidden[:-1] if self.hidden is None else torch.cat([self.hidden[None], hidden[:-1]])
        following = ids[len(ids) - len(before) :]
        done = 0
        while done < len(before):  # in pieces that do not cross the memory's grid
            part = slice(done, done + _GRID - self.memory.length % _GRID)
            done += len(self._run(before[part], following[part]))
        self.hidden = hidden[-1]

    def draft(self, token: int, count: int) -> list[int]:
        """The `count` tokens that likely follow `token`, which is the next one; nothing of this is remembered."""
        if self.hidden is None:
            return []
        kept, hidden, drafted = self.memory.fork(), self.hidden, list[int]()
        for _ in range(count):
            hidden = self._run(hidden[None], torch.tensor([drafted[-1] if drafted else token]))[-1]
            drafted.append(int(self.network.logits(hidden).argmax()))
        self.memory = kept
        return drafted

    def _run(self, hidden: Tensor, following: Tensor) -> Tensor:
        start = self.memory.length
        with torch.inference_mode():
            rotation = self.network.rotation(torch.arange(start, start + len(following)))
            embedded = self.network.embed_tokens(following)
            return self.mtp(hidden[None].to(embedded.dtype), embedded[None], rotation, self.memory)[0]
