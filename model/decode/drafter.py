"""Drafts: tokens that the MTP module guesses ahead."""

import torch
from torch import Tensor

from docqa.model.mtp import Mtp
from docqa.model.network import Network
from docqa.model.state.kv_cache import AttentionMemory
from docqa.model.state.long_attention import LongAttention

# a draft need not be exact, so its one layer never selects blocks
_GRID = 2_048
_EVER = LongAttention(exact=1 << 40)


class Drafter:
    """Guesses what comes next in one text, whose last token has the trunk's output `hidden` [dim].
    Mutable.
    """

    def __init__(self, network: Network, mtp: Mtp, hidden: Tensor) -> None:
        self.network = network
        self.mtp = mtp
        self.hidden = hidden
        self.memory = AttentionMemory(_GRID, _EVER)

    def advance(self, token: int, hidden: Tensor) -> None:
        """Takes in the next token with the trunk's hidden state [dim]."""
        self._run_mtp(self.hidden, token)
        self.hidden = hidden

    def draft_tokens(self, token: int, count: int) -> list[int]:
        """The `count` tokens that likely follow `token`, the next one; remembers nothing of
        this.
        """
        before = self.memory.fork()
        hidden = self.hidden
        drafted = list[int]()
        for _ in range(count):
            hidden = self._run_mtp(hidden, drafted[-1] if drafted else token)
            drafted.append(int(self.network.logits(hidden).argmax()))
        self.memory = before
        return drafted

    def _run_mtp(self, hidden: Tensor, following: int) -> Tensor:
        with torch.inference_mode():
            rotation = self.network.rotation(torch.tensor([self.memory.length]))
            embedded = self.network.embed_tokens(torch.tensor([[following]]))
            return self.mtp(hidden[None, None].to(embedded.dtype), embedded, rotation, self.memory)[
                0, 0
            ]
