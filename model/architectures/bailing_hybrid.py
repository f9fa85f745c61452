"""Ling 3: as Kimi Linear, but the key that all heads share rotates, heads are gated, and decays are bounded.

Follows `bailing_hybrid` as `transformers` computes it. A layer of multi-token prediction that releases keep behind the
last one is not built.
"""

from __future__ import annotations

from torch import Tensor

from docqa.kernels import rope
from docqa.kernels.norm.reference import widen
from docqa.model.architectures.kimi_linear import ChannelDeltaNet, KimiLayer, KimiLinear, LatentAttention
from docqa.model.config import HybridConfig
from docqa.model.linear import Linear
from docqa.model.network import AttentionCache


class BailingDeltaNet(ChannelDeltaNet):
    """A delta net whose gates have full rank."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__(config)
        hidden, inner = config.hidden_size, self.value_heads * self.value_dim
        self.f_proj, self.g_proj = Linear(hidden, inner), Linear(hidden, inner)

    def forget(self, x: Tensor) -> Tensor:
        found: Tensor = self.f_proj(x)
        return found

    def gate(self, x: Tensor) -> Tensor:
        found: Tensor = self.g_proj(x)
        return found


class RotatedLatentAttention(LatentAttention):
    """Latent attention with positions, and a gate on what each head gives."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__(config)
        self.g_proj = Linear(config.hidden_size, self.heads)

    def turned(self, x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
        """Dims 2i and 2i + 1 rotate together; they are laid in halves first, for queries and keys alike."""
        halves = x.unflatten(-1, (-1, 2)).transpose(-1, -2).flatten(-2)
        return rope.rotate(halves, *rotation)

    def mix(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: AttentionCache | None) -> Tensor:
        gate = widen(self.g_proj(x)).sigmoid().to(x.dtype)
        return super().mix(x, rotation, cache) * gate[..., None]


class BailingLayer(KimiLayer):
    """x + mixer(norm(x)), then x + mlp(norm(x)); `sparse`: the MLP is one of experts."""

    attention, delta = RotatedLatentAttention, BailingDeltaNet


class BailingHybrid(KimiLinear):
    """The whole network; `layers`: build that many of the first layers only."""

    layer = BailingLayer
