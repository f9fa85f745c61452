"""Multi-token prediction: one attention layer that guesses the token after the next (runtime reference 1.6).

It joins the trunk's hidden state at a token with the embedding of the token that follows, and shares the trunk's
embedding and head. What it guesses is only ever a draft: model/decode/speculate.py lets the trunk decide.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from docqa.model.checkpoints.checkpoint import load_tensors, opened_checkpoint
from docqa.model.checkpoints.layout import recipe_for
from docqa.model.config import FULL, HybridConfig
from docqa.model.hybrid import Hybrid, Layer, RMSNorm
from docqa.model.linear import Linear
from docqa.model.state.kv_cache import AttentionMemory, LongAttention

if TYPE_CHECKING:
    from docqa.model.protocol import Model

PREFIX = "mtp."
_GRID, _EVER = 2_048, LongAttention(exact=1 << 40)  # a draft need not be exact, so its one layer never chooses blocks


class Mtp(nn.Module):
    """The module; parameters carry the names of a checkpoint behind `mtp.`."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        hidden, eps = config.hidden_size, config.rms_norm_eps
        self.fc = Linear(2 * hidden, hidden)
        self.pre_fc_norm_embedding = RMSNorm(hidden, eps)
        self.pre_fc_norm_hidden = RMSNorm(hidden, eps)
        self.layers = nn.ModuleList([Layer(config, FULL, sparse=config.num_experts > 0)])
        self.norm = RMSNorm(hidden, eps)

    def forward(self, hidden: Tensor, following: Tensor, rotation: tuple[Tensor, Tensor], cache: Any = None) -> Tensor:
        """What the shared head turns into logits of the token after `following`.

        Args:
            hidden: [batch, seq, dim], of the trunk after its last norm (or of this module, to guess further).
            following: [batch, seq, dim], embeddings of the tokens that follow.
            rotation: as `Hybrid.rotation` gives it, for seq positions of this module's own cache.

        Returns:
            [batch, seq, dim], after this module's own last norm.
        """
        x = self.fc(torch.cat([self.pre_fc_norm_embedding(following), self.pre_fc_norm_hidden(hidden)], -1))
        return self.norm(self.layers[0](x, rotation, cache))


def mtp_shapes(config: HybridConfig) -> dict[str, tuple[int, ...]]:
    """Names (with their prefix) and shapes of the module's tensors."""
    with torch.device("meta"):
        module = Mtp(config)
    return {PREFIX + name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


def has_mtp(folder: Path) -> bool:
    """Whether a checkpoint holds the module. Its tensors decide: a config may name one that was left out."""
    with opened_checkpoint(folder) as held:
        return f"{PREFIX}fc.weight" in held.names


def load_mtp(folder: Path, config: HybridConfig, dtype: torch.dtype) -> Mtp | None:
    """The module of a checkpoint folder, matrices in `dtype`; None where it has none that docqa builds.

    Not built: more than one layer, and embeddings or a head of its own. Without a module the same is generated, slower.

    Raises:
        WeightsMissing, WeightsMismatch: it has a part of one.
    """
    if not has_mtp(folder):
        return None
    shapes = mtp_shapes(config)
    with opened_checkpoint(folder) as held:
        recipes = [recipe_for(name, shape, config, held.names) for name, shape in shapes.items()]
        read = {source for recipe in recipes for source, _ in recipe.sources}
        if any(name.startswith(PREFIX) and name not in read for name in held.names):
            return None
    with torch.device("meta"):
        module = Mtp(config)
    tensors = load_tensors(folder, shapes, dtype, config=config, partial=True)
    module.load_state_dict({name.removeprefix(PREFIX): part for name, part in tensors.items()}, assign=True)
    return module.requires_grad_(False).eval()


class Drafter:
    """Guesses what comes next in one text. Mutable; it has to be told of every token and what the trunk made of it.

    `Model.prefill(..., follow=drafter.read)` tells it of a whole text. One that starts in the middle of a text works
    too, and is right less often.
    """

    def __init__(self, network: Hybrid, mtp: Mtp) -> None:
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


def drafter_for(model: Model) -> Drafter | None:
    """A drafter that has read nothing yet; None where the checkpoint has no MTP module."""
    return None if model.mtp is None else Drafter(model.network, model.mtp)
