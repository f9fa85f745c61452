"""Kimi Linear: delta nets with a decay for each channel, latent attention without positions, and grouped experts.

Follows `kimi_linear` as `transformers` computes it; parameters carry the names of its releases. Norms are plain; a
delta net's output gate is a sigmoid; the keys and values of all heads come out of one vector for a token, which is what
is cached.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels.attention import attention
from docqa.kernels.moe import route_grouped
from docqa.kernels.norm.reference import widen
from docqa.model.config import FULL, HybridConfig
from docqa.model.hybrid import DeltaNet
from docqa.model.linear import Linear, SwiGLU
from docqa.model.moe import Experts, Router
from docqa.model.network import AttentionCache, Cache, DeltaCache, Network
from docqa.model.transformer import PlainNorm

LATENT_EPS = 1e-6  # of the norms inside latent attention, whatever the config says of the others


class ChannelDeltaNet(DeltaNet, ABC):
    """A delta net with a decay for each channel of a key; subclasses say what forgets and what gates the output."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__(config)
        hidden, inner = config.hidden_size, self.value_heads * self.value_dim
        self.q_proj, self.k_proj, self.v_proj = Linear(hidden, inner), Linear(hidden, inner), Linear(hidden, inner)
        self.b_proj = Linear(hidden, self.value_heads)
        self.A_log = nn.Parameter(torch.zeros(self.value_heads))
        self.dt_bias = nn.Parameter(torch.ones(inner))
        self.lowest = config.lowest_decay
        self.o_norm = PlainNorm(self.value_dim, config.rms_norm_eps)
        self.o_proj = Linear(inner, hidden)

    @abstractmethod
    def forget(self, x: Tensor) -> Tensor:
        """[batch, seq, heads * key_dim], what the decay is computed of."""

    @abstractmethod
    def gate(self, x: Tensor) -> Tensor:
        """[batch, seq, heads * value_dim], before the sigmoid."""

    def decay(self, x: Tensor) -> Tensor:
        """Logarithms, [batch, seq, heads, key_dim]; between `lowest_decay` of the config and 0 where it has a bound."""
        forget = (widen(self.forget(x)) + widen(self.dt_bias)).unflatten(-1, (self.value_heads, self.key_dim))
        rate = widen(self.A_log).exp().view(-1, 1)
        return self.lowest * (rate * forget).sigmoid() if self.lowest else -rate * functional.softplus(forget)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: DeltaCache | None = None) -> Tensor:
        mixed = torch.cat([self.q_proj(x), self.k_proj(x), self.v_proj(x)], -1)
        beta = widen(self.b_proj(x)).sigmoid()
        out = self.remember(mixed, decay=self.decay(x), beta=beta, cache=cache)
        gate = widen(self.gate(x)).unflatten(-1, (self.value_heads, self.value_dim))
        return self.o_proj((self.o_norm(out) * gate.sigmoid()).flatten(2).to(x.dtype))


class KimiDeltaNet(ChannelDeltaNet):
    """Kimi Delta Attention; `f` is the gate that forgets, `g` the one of the output, both of low rank."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__(config)
        hidden, dim, inner = config.hidden_size, self.key_dim, self.value_heads * self.value_dim
        self.f_a_proj, self.f_b_proj = Linear(hidden, dim), Linear(dim, inner)
        self.g_a_proj, self.g_b_proj = Linear(hidden, dim), Linear(dim, inner)
        self.A_log = nn.Parameter(torch.zeros(1, 1, self.value_heads, 1))

    def forget(self, x: Tensor) -> Tensor:
        found: Tensor = self.f_b_proj(self.f_a_proj(x))
        return found

    def gate(self, x: Tensor) -> Tensor:
        found: Tensor = self.g_b_proj(self.g_a_proj(x))
        return found


class LatentAttention(nn.Module):
    """Multi-head latent attention: a latent vector and one shared key for a token are all that is cached.

    Queries are taken to the latent space, instead of all keys and values out of it, so that all heads read one key,
    [latent | shared], and one value, the latent.
    """

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.heads, self.rank = config.num_attention_heads, config.kv_lora_rank
        self.plain, self.shared, self.value = config.qk_nope_head_dim, config.qk_rope_head_dim, config.v_head_dim
        hidden, queries = config.hidden_size, self.heads * (self.plain + self.shared)
        self.low = config.q_lora_rank > 0
        if self.low:
            self.q_a_proj, self.q_b_proj = Linear(hidden, config.q_lora_rank), Linear(config.q_lora_rank, queries)
            self.q_a_layernorm = PlainNorm(config.q_lora_rank, LATENT_EPS)
        else:
            self.q_proj = Linear(hidden, queries)
        self.kv_a_proj_with_mqa = Linear(hidden, self.rank + self.shared)
        self.kv_a_layernorm = PlainNorm(self.rank, LATENT_EPS)
        self.kv_b_proj = Linear(self.rank, self.heads * (self.plain + self.value))
        self.o_proj = Linear(self.heads * self.value, hidden)
        # Attention scales by the dims that it sees, the architecture by those of a head.
        self.scale = ((self.rank + self.shared) / (self.plain + self.shared)) ** 0.5

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: AttentionCache | None = None) -> Tensor:
        return self.o_proj(self.mix(x, rotation, cache).flatten(2))

    def turned(self, x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
        """The parts of queries or keys [batch, seq, heads, dim] that say where a token stands; here none does."""
        return x

    def mix(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: AttentionCache | None) -> Tensor:
        """Everything before `o_proj`: [batch, seq, hidden] -> [batch, seq, heads, value_dim]."""
        q = self.q_b_proj(self.q_a_layernorm(self.q_a_proj(x))) if self.low else self.q_proj(x)
        plain, shared = (q * self.scale).unflatten(-1, (self.heads, -1)).split([self.plain, self.shared], -1)
        latent, key = self.kv_a_proj_with_mqa(x).split([self.rank, self.shared], -1)
        latent = self.kv_a_layernorm(latent)
        up_k, up_v = self.kv_b_proj.weight.unflatten(0, (self.heads, -1)).split([self.plain, self.value], 1)
        shared, key = self.turned(shared, rotation), self.turned(key[:, :, None], rotation)
        query = torch.cat([torch.einsum("bshd,hdr->bshr", plain, up_k), shared], -1)
        keys = torch.cat([latent[:, :, None], key], -1)
        values = functional.pad(latent, (0, self.shared))[:, :, None]
        attend = attention if cache is None else cache.attend
        out = attend(query, keys, values)[..., : self.rank]  # [batch, seq, heads, rank]
        return torch.einsum("bshr,hvr->bshv", out, up_v)


class GroupedRouter(Router):
    """A router whose choice is corrected by a bias of each expert."""

    def __init__(self, hidden: int, experts: int) -> None:
        super().__init__(hidden, experts)
        self.e_score_correction_bias = nn.Parameter(torch.zeros(experts))


class GroupedMoe(nn.Module):
    """Experts that a token finds in the best groups, and one that every token goes through; [batch, seq, hidden]."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        hidden = config.hidden_size
        self.config = config
        self.gate = GroupedRouter(hidden, config.num_experts)
        self.experts = Experts(config.num_experts, hidden, config.moe_intermediate_size)
        self.shared_experts = SwiGLU(hidden, config.shared_expert_intermediate_size)

    def forward(self, x: Tensor) -> Tensor:
        flat, config = x.reshape(-1, x.shape[-1]), self.config
        chosen, weights = route_grouped(
            self.gate(flat), self.gate.e_score_correction_bias, config.num_experts_per_tok, groups=config.n_group,
            best=config.topk_group, normalise=config.norm_topk_prob, factor=config.routed_scaling_factor,
        )  # fmt: skip
        return (self.experts(flat, chosen, weights) + self.shared_experts(flat)).view(x.shape)


class KimiLayer(nn.Module):
    """x + mixer(norm(x)), then x + mlp(norm(x)); `sparse`: the MLP is one of experts."""

    attention: type[LatentAttention] = LatentAttention
    delta: type[ChannelDeltaNet] = KimiDeltaNet

    def __init__(self, config: HybridConfig, kind: str, *, sparse: bool) -> None:
        super().__init__()
        self.kind = kind
        self.self_attn = self.attention(config) if kind == FULL else self.delta(config)
        self.mlp = GroupedMoe(config) if sparse else SwiGLU(config.hidden_size, config.intermediate_size)
        self.input_layernorm = PlainNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = PlainNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: Cache | None = None) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), rotation, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class KimiLinear(Network):
    """The whole network; `layers`: build that many of the first layers only."""

    layer: type[KimiLayer] = KimiLayer

    def __init__(self, config: HybridConfig, layers: int | None = None) -> None:
        kinds = enumerate(config.layer_types[:layers])
        built = (self.layer(config, kind, sparse=config.sparse(number)) for number, kind in kinds)
        super().__init__(config, built, PlainNorm(config.hidden_size, config.rms_norm_eps))
