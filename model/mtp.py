"""Multi-token prediction: one attention layer that guesses the token after the next.

It joins the trunk's hidden state at a token with the embedding of the next one, and shares the
trunk's embedding and head. A guess is only a draft: model/decode/speculate.py lets the trunk
decide.
"""

import torch
from torch import Tensor, nn

from .config import FULL, HybridConfig
from .hybrid import HybridLayer, ZeroCentredRMSNorm
from .linear import Linear
from .state.kv_cache import AttentionMemory

PREFIX = "mtp."


class Mtp(nn.Module):
    """The module; parameters carry the names of a checkpoint after `mtp.`."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        hidden = config.hidden_size
        eps = config.rms_norm_eps
        self.fc = Linear(2 * hidden, hidden)
        self.pre_fc_norm_embedding = ZeroCentredRMSNorm(hidden, eps)
        self.pre_fc_norm_hidden = ZeroCentredRMSNorm(hidden, eps)
        self.layers = nn.ModuleList([HybridLayer(config, FULL, sparse=config.num_experts > 0)])
        self.norm = ZeroCentredRMSNorm(hidden, eps)

    def forward(
        self,
        hidden: Tensor,
        following: Tensor,
        rotation: tuple[Tensor, Tensor],
        cache: AttentionMemory | None = None,
    ) -> Tensor:
        """What the shared head turns into logits of the token after `following`: [batch, seq, dim],
        after this module's norm.

        `hidden` [batch, seq, dim]: of the trunk after its last norm (or of this module, to guess
        further). `following` [batch, seq, dim]: embeddings of the tokens that follow. `rotation`:
        as of `Network.rotation`, for this module's cache.
        """
        x = self.fc(
            torch.cat([self.pre_fc_norm_embedding(following), self.pre_fc_norm_hidden(hidden)], -1)
        )
        return self.norm(self.layers[0](x, rotation, cache))


def mtp_shapes(config: HybridConfig) -> dict[str, tuple[int, ...]]:
    """Names (with their prefix) and shapes of the module's tensors."""
    with torch.device("meta"):
        module = Mtp(config)
    return {PREFIX + name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
