"""The dense members of the family: softmax attention in every layer, no gate, a plain RMS norm.

As `transformers` computes Qwen3, Qwen2 and Llama, by the names of their checkpoints. They differ
between projection and rotation: a norm over each head's query and key, or over those of all heads,
a bias, or nothing (`Family`).
"""

import torch
from torch import Tensor, nn

from docqa.kernels import rope
from docqa.kernels.attention import attention
from docqa.kernels.dispatch import are_gradients_recorded
from docqa.kernels.norm import rms_norm

from .config import FULL, HybridConfig
from .linear import Linear, SwiGLU
from .network import AttentionCache, Network, NormLayer


class RMSNorm(NormLayer):
    """RMS norm: x * rsqrt(mean(x^2) + eps) * weight, in float32 inside."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__(torch.ones(dim), eps)

    def forward(self, x: Tensor) -> Tensor:
        return rms_norm(x, self.weight, self.eps)


class Attention(nn.Module):
    """Softmax attention with grouped keys and values; all dims of a head rotate."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        self.kv_heads = config.num_key_value_heads
        self.dim = config.head_dim
        hidden = config.hidden_size
        bias = config.family.biased
        self.normed = config.family.normed
        self.q_proj = Linear(hidden, self.heads * self.dim, bias=bias)
        self.k_proj = Linear(hidden, self.kv_heads * self.dim, bias=bias)
        self.v_proj = Linear(hidden, self.kv_heads * self.dim, bias=bias)
        self.o_proj = Linear(self.heads * self.dim, hidden)
        if self.normed:
            self.q_norm, self.k_norm = (RMSNorm(self.dim, config.rms_norm_eps) for _ in range(2))

    def forward(
        self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: AttentionCache | None = None
    ) -> Tensor:
        batch, seq, _ = x.shape
        q = self.q_proj(x)
        k = self.k_proj(x)
        v = self.v_proj(x)
        q, k, v = (part.view(batch, seq, -1, self.dim) for part in (q, k, v))
        if self.normed:
            q = self.q_norm(q)
            k = self.k_norm(k)
        q = rope.rotate(q, *rotation)
        k = rope.rotate(k, *rotation)
        # No finer than the products around it; but beside a bias of hundreds, as in Qwen2.5, 8 bits
        # with one scale leave nothing of a key's other columns: 0.04 nats of prose with the 0.5B.
        rounded = self.k_proj.packed is not None and self.k_proj.bias is None
        attend = attention if cache is None else cache.attend
        return self.o_proj(attend(q, k, v, rounded=rounded).reshape(batch, seq, -1))


def add_residual(new: Tensor, x: Tensor) -> Tensor:
    """x + new, in the memory of `new`, which nobody else has, where no gradient is recorded."""
    return new + x if are_gradients_recorded(new, x) else new.add_(x)


class TransformerLayer(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x))."""

    kind = FULL

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = SwiGLU(config.hidden_size, config.intermediate_size)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(
        self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: AttentionCache | None = None
    ) -> Tensor:
        x = add_residual(self.self_attn(self.input_layernorm(x), rotation, cache), x)
        return add_residual(self.mlp(self.post_attention_layernorm(x)), x)


class Transformer(Network):
    """The network, or its first `layers` layers."""

    def __init__(self, config: HybridConfig, layers: int | None = None) -> None:
        built = (TransformerLayer(config) for _ in config.layer_types[:layers])
        super().__init__(config, built, RMSNorm(config.hidden_size, config.rms_norm_eps))
