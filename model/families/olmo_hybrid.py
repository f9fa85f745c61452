"""OLMo Hybrid: gated delta nets that may turn a memory over, and attention normed behind what it does.

Follows `olmo_hybrid` as `transformers` computes it; parameters carry the names of its checkpoints. Beside the hybrids
of hybrid.py: norms are plain; a delta net's beta reaches 2, so that what a key meets in the memory may change its sign;
attention has no gate, its queries and keys are normed over all heads at once, and released checkpoints rotate none; in
its layers the norms stand behind attention and MLP.
"""

from __future__ import annotations

from collections.abc import Container

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels.norm.reference import widen
from docqa.model.config import HybridConfig
from docqa.model.errors import ConfigUnsupported
from docqa.model.family import FULL, LINEAR, Family, Recipe, Shape, default, size
from docqa.model.hybrid import DeltaNet, GatedNorm
from docqa.model.linear import Linear, SwiGLU
from docqa.model.network import AttentionCache, DeltaCache, Network
from docqa.model.transformer import Attention, PlainNorm

EVERY = 4  # layers, of which the last is attention
OUTPUT_EPS = 1e-5  # of a delta net's output norm, whatever the config says of the others


def complete(raw: dict[str, object]) -> None:
    """Fill in what is left out, as transformers does, by the names of `HybridConfig`.

    Raises:
        ConfigUnsupported: attention alone or delta nets alone, which the architecture has no form for; a rotary
            embedding of a part of a head, or none that is named.
    """
    hidden, heads, count = (size(raw, name) for name in ("hidden_size", "num_attention_heads", "num_hidden_layers"))
    default(raw, "max_position_embeddings", 65_536)
    default(raw, "num_key_value_heads", heads)
    default(raw, "head_dim", hidden // heads)
    default(raw, "linear_num_key_heads", heads)
    default(raw, "linear_num_value_heads", heads)
    default(raw, "linear_key_head_dim", int(0.75 * hidden / size(raw, "linear_num_key_heads")))
    default(raw, "linear_value_head_dim", 2 * size(raw, "linear_key_head_dim"))
    usual = [FULL if (at + 1) % EVERY == 0 else LINEAR for at in range(count)]
    default(raw, "layer_types", usual if FULL in usual else [*usual[:-1], FULL])
    kinds = raw["layer_types"]
    if isinstance(kinds, list) and not {LINEAR, FULL} <= set(kinds):
        raise ConfigUnsupported(f"config.json: olmo_hybrid has layers of both kinds, layer_types names {kinds}")
    raw["negative_eigenvalues"] = raw.get("linear_allow_neg_eigval") is not False
    _set_rotation(raw)


def _set_rotation(raw: dict[str, object]) -> None:
    """`rotates`: whether queries and keys carry positions, which a `rope_theta` of null says they do not.

    Where it is not there at all, transformers rotates and the architecture's releases do not.
    """
    rope = raw.get("rope_parameters") or raw.get("rope_scaling")
    settings = {**raw, **rope} if isinstance(rope, dict) else raw
    theta = settings.get("rope_theta")
    if theta is None and not (isinstance(rope, dict) and "rope_theta" in rope):
        raise ConfigUnsupported(
            "config.json: rope_parameters names no rope_theta; null means that nothing rotates, as in the releases"
        )
    raw["rotates"] = theta is not None
    if theta is not None and (not isinstance(theta, int | float) or isinstance(theta, bool) or not theta > 0):
        raise ConfigUnsupported(f"config.json: rope_theta = {theta!r}, a number above 0 is needed")
    part = settings.get("partial_rotary_factor")
    if theta is not None and part not in (None, 1.0):
        raise ConfigUnsupported(f"config.json: partial_rotary_factor = {part!r} is not supported for olmo_hybrid")


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
        self.self_attn = Attention(config)
        self.mlp = SwiGLU(config.hidden_size, config.intermediate_size)
        self.post_attention_layernorm = PlainNorm(config.hidden_size, config.rms_norm_eps)
        self.post_feedforward_layernorm = PlainNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: AttentionCache | None = None) -> Tensor:
        x = x + self.post_attention_layernorm(self.self_attn(x, rotation, cache))
        return x + self.post_feedforward_layernorm(self.mlp(x))


def network(config: HybridConfig, layers: int | None) -> Network:
    """The whole network; `layers`: that many of the first layers only."""
    kinds = config.layer_types[:layers]
    built = (OlmoAttentionLayer(config) if kind == FULL else OlmoDeltaLayer(config) for kind in kinds)
    return Network(config, built, PlainNorm(config.hidden_size, config.rms_norm_eps))


RELEASED_NAMES = {  # of the norms of a delta layer
    "input_layernorm": "attention_layer_norm", "post_attention_layernorm": "feedforward_layer_norm",
}  # fmt: skip
CONV = "conv1d.weight"


def made_of(name: str, shape: Shape, config: HybridConfig, present: Container[str]) -> Recipe | None:
    """A norm by its name in releases; the convolution out of those of queries, keys and values."""
    others = (name.replace(ours, released) for ours, released in RELEASED_NAMES.items() if ours in name)
    found = next((other for other in others if other in present), None)
    if found is not None:
        return Recipe.of(found, shape)
    stem = name.removesuffix(CONV)
    if stem == name or f"{stem}q_{CONV}" not in present:
        return None
    keys = config.linear_num_key_heads * config.linear_key_head_dim
    values = config.linear_num_value_heads * config.linear_value_head_dim
    counts = {"q": keys, "k": keys, "v": values}
    sources = tuple((f"{stem}{part}_{CONV}", (rows, *shape[1:])) for part, rows in counts.items())
    return Recipe(sources, lambda read: torch.cat([read(*source) for source in sources]))


FAMILY = Family(
    model_type="olmo_hybrid", classes="OlmoHybrid", network=network, complete=complete, made_of=made_of, gated=False,
    normed="all", rotated=1.0, computed={"num_experts": (0,), "linear_allow_neg_eigval": (True, False)},
)  # fmt: skip
