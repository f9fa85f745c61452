"""The dense hybrid of `qwen3_5_text`: gated delta networks and gated attention, one mixer and one MLP a layer.

Follows Qwen3.5 as `transformers` computes it: parameters carry the names of the checkpoint, `layer_types` alone says
which layer is which. Shapes stand at the end of a line as [batch, seq, heads, dim].
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels.delta.chunked import delta_rule_chunked
from docqa.kernels.delta.reference import l2_normalise
from docqa.model.config import HybridConfig


class RMSNorm(nn.Module):
    """Zero-centred RMS norm: x * rsqrt(mean(x^2) + eps) * (1 + weight), in float32 inside."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(dim))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        wide = x if x.dtype == torch.float64 else x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps) * (1.0 + self.weight)).to(x.dtype)


class GatedNorm(nn.Module):
    """Norm of the delta net's output: plain weight, then the gate SiLU(z); [.., head_dim] in and out."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        wide = x if x.dtype == torch.float64 else x.float()
        unit = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return (unit * self.weight * functional.silu(z.to(wide.dtype))).to(x.dtype)


def causal_convolution(x: Tensor, weight: Tensor, history: Tensor | None = None) -> Tensor:
    """Depthwise causal convolution, tap `kernel - 1` on the current token; x [batch, seq, channels]."""
    taps = weight.shape[-1]
    before = x.new_zeros(x.shape[0], taps - 1, x.shape[-1]) if history is None else history.to(x.dtype)
    padded = torch.cat([before, x], 1)
    kernel = weight.reshape(-1, taps).to(x.dtype)
    return sum(padded[:, j : j + x.shape[1]] * kernel[:, j] for j in range(taps))


class GatedDeltaNet(nn.Module):
    """Gated delta network layer (runtime reference 1.2)."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.key_heads, self.value_heads = config.linear_num_key_heads, config.linear_num_value_heads
        self.key_dim, self.value_dim = config.linear_key_head_dim, config.linear_value_head_dim
        keys, values = self.key_heads * self.key_dim, self.value_heads * self.value_dim
        hidden = config.hidden_size
        self.split = [keys, keys, values]
        self.in_proj_qkv = nn.Linear(hidden, 2 * keys + values, bias=False)
        self.in_proj_z = nn.Linear(hidden, values, bias=False)
        self.in_proj_b = nn.Linear(hidden, self.value_heads, bias=False)
        self.in_proj_a = nn.Linear(hidden, self.value_heads, bias=False)
        self.conv1d = nn.Conv1d(2 * keys + values, 2 * keys + values, config.linear_conv_kernel_dim,
                                groups=2 * keys + values, bias=False)
        self.A_log = nn.Parameter(torch.zeros(self.value_heads))
        self.dt_bias = nn.Parameter(torch.ones(self.value_heads))
        self.norm = GatedNorm(self.value_dim, config.rms_norm_eps)
        self.out_proj = nn.Linear(values, hidden, bias=False)

    def mix(self, x: Tensor, cache: Any = None) -> Tensor:
        """Everything before `out_proj`: [batch, seq, hidden] -> [batch, seq, value_heads * value_dim]."""
        batch, seq, _ = x.shape
        raw = self.in_proj_qkv(x)
        mixed = functional.silu(causal_convolution(raw, self.conv1d.weight, None if cache is None else cache.tail))
        q, k, v = mixed.split(self.split, -1)
        q = l2_normalise(q.float().view(batch, seq, self.key_heads, self.key_dim))
        k = l2_normalise(k.float().view(batch, seq, self.key_heads, self.key_dim))
        v = v.float().view(batch, seq, self.value_heads, self.value_dim)
        if self.value_heads != self.key_heads:
            repeat = self.value_heads // self.key_heads
            q, k = q.repeat_interleave(repeat, 2), k.repeat_interleave(repeat, 2)
        beta = self.in_proj_b(x).float().sigmoid()
        decay = -self.A_log.float().exp() * functional.softplus(self.in_proj_a(x).float() + self.dt_bias.float())
        out, memory = delta_rule_chunked(q, k, v, decay=decay, beta=beta, state=None if cache is None else cache.memory)
        if cache is not None:
            cache.update(raw, memory)
        z = self.in_proj_z(x).view(batch, seq, self.value_heads, self.value_dim)
        return self.norm(out, z).reshape(batch, seq, -1).to(x.dtype)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: Any = None) -> Tensor:
        return self.out_proj(self.mix(x, cache))


def rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Rotary embedding of the first `cos.shape[-1]` dims of x [batch, seq, heads, dim], halves paired."""
    cos, sin = (r[:, None].to(x.dtype) for r in rotation)  # [seq, 1, rotary_dim]
    turning, passing = x[..., : cos.shape[-1]], x[..., cos.shape[-1] :]
    first, second = turning.chunk(2, -1)
    return torch.cat([turning * cos + torch.cat([-second, first], -1) * sin, passing], -1)


class GatedAttention(nn.Module):
    """Gated softmax attention layer (runtime reference 1.4)."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.dim = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        hidden = config.hidden_size
        self.q_proj = nn.Linear(hidden, 2 * self.heads * self.dim, bias=False)
        self.k_proj = nn.Linear(hidden, self.kv_heads * self.dim, bias=False)
        self.v_proj = nn.Linear(hidden, self.kv_heads * self.dim, bias=False)
        self.o_proj = nn.Linear(self.heads * self.dim, hidden, bias=False)
        self.q_norm = RMSNorm(self.dim, config.rms_norm_eps)
        self.k_norm = RMSNorm(self.dim, config.rms_norm_eps)

    def mix(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: Any = None) -> Tensor:
        """Everything before `o_proj`: [batch, seq, hidden] -> [batch, seq, heads * dim]."""
        batch, seq, _ = x.shape
        q, gate = self.q_proj(x).view(batch, seq, self.heads, 2 * self.dim).chunk(2, -1)
        q = rotate(self.q_norm(q), rotation)
        k = rotate(self.k_norm(self.k_proj(x).view(batch, seq, self.kv_heads, self.dim)), rotation)
        v = self.v_proj(x).view(batch, seq, self.kv_heads, self.dim)
        if cache is not None:
            out = cache.attend(q, k, v)
        else:
            out = functional.scaled_dot_product_attention(
                q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), is_causal=True, enable_gqa=True
            ).transpose(1, 2)
        return (out * gate.sigmoid()).reshape(batch, seq, -1)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: Any = None) -> Tensor:
        return self.o_proj(self.mix(x, rotation, cache))


class SwiGLU(nn.Module):
    """down(SiLU(gate x) * up x)."""

    def __init__(self, hidden: int, inner: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(hidden, inner, bias=False)
        self.up_proj = nn.Linear(hidden, inner, bias=False)
        self.down_proj = nn.Linear(inner, hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    """x + mixer(norm(x)), then x + mlp(norm(x))."""

    def __init__(self, config: HybridConfig, kind: str) -> None:
        super().__init__()
        self.kind = kind
        if kind == "full_attention":
            self.self_attn = GatedAttention(config)
        else:
            self.linear_attn = GatedDeltaNet(config)
        self.mlp = SwiGLU(config.hidden_size, config.intermediate_size)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    @property
    def mixer(self) -> nn.Module:
        return self.self_attn if self.kind == "full_attention" else self.linear_attn

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: Any = None) -> Tensor:
        x = x + self.mixer(self.input_layernorm(x), rotation, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Hybrid(nn.Module):
    """The stack. `forward` returns the hidden states after the last norm, [batch, seq, hidden]."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config, kind) for kind in config.layer_types)
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.lm_head = None if config.tie_word_embeddings else nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    def rotation(self, positions: Tensor, factor: float = 1.0) -> tuple[Tensor, Tensor]:
        """cos and sin of the rotary embedding at `positions` [seq]: two tensors [seq, rotary_dim], float32."""
        frequencies, scale = self.config.rotary_frequencies(factor)
        angles = positions.double()[:, None] * frequencies
        angles = torch.cat([angles, angles], -1)
        return (angles.cos() * scale).float(), (angles.sin() * scale).float()

    def forward(self, ids: Tensor, caches: list[Any] | None = None, *, position: int = 0, factor: float = 1.0,
                tap: dict[int, Tensor] | None = None) -> Tensor:
        """Run ids [batch, seq]; `tap` maps a layer's number to None and is filled with that layer's output."""
        x = self.embed_tokens(ids)
        rotation = self.rotation(torch.arange(position, position + ids.shape[1], device=ids.device), factor)
        for number, layer in enumerate(self.layers):
            x = layer(x, rotation, None if caches is None else caches[number])
            if tap is not None and number in tap:
                tap[number] = x
        return self.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """[.., hidden] -> [.., vocab] through the tied or separate head."""
        weight = self.embed_tokens.weight if self.lm_head is None else self.lm_head.weight
        return functional.linear(hidden, weight.to(hidden.dtype))
