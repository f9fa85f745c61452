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
    """Guesses what comes next in one text; `hidden` [dim] is the trunk's output after the last
    token. Mutable.
    """

    fewest = most = 2

    def __init__(self, network: Network, mtp: Mtp, hidden: Tensor) -> None:
        self.network = network
        self.mtp = mtp
        self.hidden: Tensor | None = hidden
        self.memory = AttentionMemory(_GRID, _EVER)

    def add(self, token: int) -> None:
        """Takes in the next token of the text; the trunk's output after it is set afterwards."""
        assert self.hidden is not None
        self._ahead = self._run_mtp(self.hidden, token)

    def draft_tokens(self, count: int, least: int = 0) -> list[int]:
        """The `count` tokens that likely follow the last one; remembers nothing of this."""
        before = self.memory.fork()
        hidden = self._ahead
        drafted = [self._likeliest(hidden)]
        while len(drafted) < count:
            hidden = self._run_mtp(hidden, drafted[-1])
            drafted.append(self._likeliest(hidden))
        self.memory = before
        return drafted

    def _likeliest(self, hidden: Tensor) -> int:
        return int(self.network.logits(hidden).argmax())

    def _run_mtp(self, hidden: Tensor, following: int) -> Tensor:
        with torch.inference_mode():
            rotation = self.network.rotation(torch.tensor([self.memory.length]))
            embedded = self.network.embed_tokens(torch.tensor([[following]]))
            return self.mtp(hidden[None, None].to(embedded.dtype), embedded, rotation, self.memory)[
                0, 0
            ]
