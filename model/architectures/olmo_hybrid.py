"""OLMo Hybrid: gated delta nets that may turn a memory over, and attention normed behind what it does.

Follows `olmo_hybrid` as `transformers` computes it; parameters carry the names of its checkpoints. Beside the hybrids
of hybrid.py: norms are plain; a delta net's beta reaches 2, so that what a key meets in the memory may change its sign;
attention has no gate, its queries and keys are normed over all heads at once, and released checkpoints rotate none; in
its layers the norms stand behind attention and MLP.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels import rope
from docqa.kernels.attention import attention
from docqa.kernels.norm.reference import widen
from docqa.model.config import FULL, LINEAR, HybridConfig
from docqa.model.hybrid import DeltaNet, GatedNorm
from docqa.model.linear import Linear, SwiGLU
from docqa.model.network import AttentionCache, DeltaCache, Network
from docqa.model.transformer import PlainNorm

OUTPUT_EPS = 1e-5  # of a delta net's output norm, whatever the config says of the others


class OlmoDeltaNet(DeltaNet):
    """Gated delta network with a projection for each of its inputs."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__(config)
        keys, values = self.key_heads * self.key_dim, self.value_heads * self.value_dim
        hidden = config.hidden_size
        self.q_proj, self.k_proj, self.v_proj = Linear(hidden, keys), Linear(hidden, keys), Linear(hidden, values)
        self.a_proj, self.b_proj = Linear(hidden, self.value_heads), Linear(hidden, self.value_heads)
        self.g_proj = Linear(hidden, values)
        self.A_log = nn.Parameter(torch.zeros(self.value_heads))
        self.dt_bias = nn.Parameter(torch.ones(self.value_heads))
        self.o_norm = GatedNorm(self.value_dim, OUTPUT_EPS)
        self.o_proj = Linear(values, hidden)
        self.largest_beta = 2.0 if config.negative_eigenvalues else 1.0

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: DeltaCache | None = None) -> Tensor:
        batch, seq, _ = x.shape
        mixed = torch.cat([self.q_proj(x), self.k_proj(x), self.v_proj(x)], -1)
        beta = widen(self.b_proj(x)).sigmoid() * self.largest_beta
        decay = -widen(self.A_log).exp() * functional.softplus(widen(self.a_proj(x)) + widen(self.dt_bias))
        out = self.remember(mixed, decay=decay, beta=beta, cache=cache)
        gate = self.g_proj(x).view(batch, seq, self.value_heads, self.value_dim)
        return self.o_proj(self.o_norm(out, gate).reshape(batch, seq, -1).to(x.dtype))


class OlmoAttention(nn.Module):
    """Softmax attention; queries and keys are normed before they are cut into heads."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.dim = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        hidden, queries, shared = config.hidden_size, self.heads * self.dim, self.kv_heads * self.dim
        self.q_proj, self.k_proj, self.v_proj = Linear(hidden, queries), Linear(hidden, shared), Linear(hidden, shared)
        self.o_proj = Linear(queries, hidden)
        self.q_norm, self.k_norm = PlainNorm(queries, config.rms_norm_eps), PlainNorm(shared, config.rms_norm_eps)
        self.rotates = config.rotates

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: AttentionCache | None = None) -> Tensor:
        batch, seq, _ = x.shape
        q = self.q_norm(self.q_proj(x)).view(batch, seq, self.heads, self.dim)
        k = self.k_norm(self.k_proj(x)).view(batch, seq, self.kv_heads, self.dim)
        v = self.v_proj(x).view(batch, seq, self.kv_heads, self.dim)
        if self.rotates:
            q, k = rope.rotate(q, *rotation), rope.rotate(k, *rotation)
        rounded = self.k_proj.packed is not None  # no finer than the products around it
        attend = attention if cache is None else cache.attend
        return self.o_proj(attend(q, k, v, rounded=rounded).reshape(batch, seq, -1))


class OlmoDeltaLayer(nn.Module):
    """x + delta net(norm(x)), then x + mlp(norm(x))."""

    kind = LINEAR

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.linear_attn = OlmoDeltaNet(config)
        self.mlp = SwiGLU(config.hidden_size, config.intermediate_size)
        self.input_layernorm = PlainNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = PlainNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: DeltaCache | None = None) -> Tensor:
        x = x + self.linear_attn(self.input_layernorm(x), rotation, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class OlmoAttentionLayer(nn.Module):
    """x + norm(attention(x)), then x + norm(mlp(x))."""

    kind = FULL

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.self_attn = OlmoAttention(config)
        self.mlp = SwiGLU(config.hidden_size, config.intermediate_size)
        self.post_attention_layernorm = PlainNorm(config.hidden_size, config.rms_norm_eps)
        self.post_feedforward_layernorm = PlainNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: AttentionCache | None = None) -> Tensor:
        x = x + self.post_attention_layernorm(self.self_attn(x, rotation, cache))
        return x + self.post_feedforward_layernorm(self.mlp(x))


class OlmoHybrid(Network):
    """The whole network; `layers`: build that many of the first layers only."""

    def __init__(self, config: HybridConfig, layers: int | None = None) -> None:
        kinds = config.layer_types[:layers]
        built = (OlmoAttentionLayer(config) if kind == FULL else OlmoDeltaLayer(config) for kind in kinds)
        super().__init__(config, built, PlainNorm(config.hidden_size, config.rms_norm_eps))
