"""The dense members of the family: softmax attention in every layer, a plain RMS norm; and the
attention that hybrids have in some of their layers.

As `transformers` computes Qwen3, Qwen2 and Llama, by the names of their checkpoints. They differ
between projection and rotation: a norm over each head's query and key, a bias, or nothing, and in a
gate after attention (`Family`).
"""

from torch import Tensor, nn

from docqa.kernels import rope
from docqa.kernels.attention import attention
from docqa.kernels.dispatch import are_gradients_recorded
from docqa.kernels.norm import rms_norm

from .config import FULL, HybridConfig
from .linear import Linear, SwiGLU
from .moe import SparseMoe
from .network import Cache, Network, NormLayer
from .state.kv_cache import AttentionMemory


class RMSNorm(NormLayer):
    """RMS norm: x * rsqrt(mean(x^2) + eps) * weight, in float32 inside."""

    def forward(self, x: Tensor) -> Tensor:
        return rms_norm(x, self.weight, self.eps)


class Attention(nn.Module):
    """Softmax attention with grouped keys and values. What lies between projection and rotation,
    and whether a gate comes after, is the family's; `norm` is over each head's query and key."""

    def __init__(self, config: HybridConfig, norm: type[NormLayer] = RMSNorm) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        self.kv_heads = config.num_key_value_heads
        self.dim = config.head_dim
        hidden = config.hidden_size
        family = config.family
        self.gated = family.gated
        self.normed = family.normed
        width = self.heads * self.dim
        self.q_proj = Linear(hidden, 2 * width if self.gated else width, bias=family.biased)
        self.k_proj = Linear(hidden, self.kv_heads * self.dim, bias=family.biased)
        self.v_proj = Linear(hidden, self.kv_heads * self.dim, bias=family.biased)
        self.o_proj = Linear(width, hidden)
        if self.normed:
            self.q_norm = norm(self.dim, config.rms_norm_eps)
            self.k_norm = norm(self.dim, config.rms_norm_eps)

    def forward(
        self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: AttentionMemory | None = None
    ) -> Tensor:
        q = self.q_proj(x).unflatten(-1, (self.heads, -1))  # [batch, seq, heads, dim or 2 * dim]
        k = self.k_proj(x).unflatten(-1, (self.kv_heads, self.dim))
        v = self.v_proj(x).unflatten(-1, (self.kv_heads, self.dim))
        gate = None
        if self.gated:
            q, gate = q.chunk(2, -1)
        if self.normed:
            q = self.q_norm(q)
            k = self.k_norm(k)
        q = rope.rotate(q, *rotation)
        k = rope.rotate(k, *rotation)
        # No finer than the products around it; but beside a bias of hundreds, as in Qwen2.5, 8 bits
        # with one scale leave nothing of a key's other columns: 0.04 nats of prose with the 0.5B.
        rounded = self.k_proj.packed is not None and self.k_proj.bias is None
        attend = attention if not cache else cache.attend
        out = attend(q, k, v, rounded=rounded)
        return self.o_proj((out if gate is None else out * gate.sigmoid()).flatten(2))


def add_residual(new: Tensor, x: Tensor) -> Tensor:
    """x + new, in the memory of `new`, which nobody else has, where no gradient is recorded."""
    return new + x if are_gradients_recorded(new, x) else new.add_(x)


class TransformerLayer(nn.Module):
    """x + mixer(norm(x)), then x + mlp(norm(x)); `sparse`: the MLP is one of experts."""

    norm: type[NormLayer] = RMSNorm
    linear: type[nn.Module]

    def __init__(self, config: HybridConfig, kind: str = FULL, *, sparse: bool = False) -> None:
        super().__init__()
        hidden = config.hidden_size
        self.kind = kind
        if kind == FULL:
            self.self_attn = Attention(config, self.norm)
        else:
            self.linear_attn = self.linear(config)
        self.mlp = SparseMoe(config) if sparse else SwiGLU(hidden, config.intermediate_size)
        self.input_layernorm = self.norm(hidden, config.rms_norm_eps)
        self.post_attention_layernorm = self.norm(hidden, config.rms_norm_eps)

    @property
    def mixer(self) -> nn.Module:
        return self.self_attn if self.kind == FULL else self.linear_attn

    def forward(
        self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: Cache | None = None
    ) -> Tensor:
        x = add_residual(self.mixer(self.input_layernorm(x), rotation, cache), x)
        return add_residual(self.mlp(self.post_attention_layernorm(x)), x)


class Transformer(Network):
    """The network, or its first `layers` layers."""

    layer: type[TransformerLayer] = TransformerLayer

    def __init__(self, config: HybridConfig, layers: int | None = None) -> None:
        built = (
            self.layer(config, kind, sparse=config.is_sparse_layer(number))
            for number, kind in enumerate(config.layer_types[:layers])
        )
        super().__init__(config, built, self.layer.norm(config.hidden_size, config.rms_norm_eps))
