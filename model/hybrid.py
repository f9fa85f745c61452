"""The hybrid family: gated delta networks and gated attention, one mixer and one MLP a layer.

Follows Qwen3.5 as `transformers` computes it: parameters carry the names of its checkpoints, `layer_types` alone says
which layer is which. The MLP is dense, or one of experts (moe.py); what other checkpoints name differently is turned
into these names on loading (layout.py). Shapes stand at the end of a line as [batch, seq, heads, dim].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels import rope
from docqa.kernels.attention import attention
from docqa.kernels.conv import unit_conv
from docqa.kernels.delta import delta_rule
from docqa.kernels.matmul import PackedMatrix, product
from docqa.kernels.moe import ExpertBank
from docqa.kernels.norm import gated_norm, zero_centred_norm
from docqa.kernels.norm.reference import widen
from docqa.model.config import FULL, HybridConfig
from docqa.model.linear import Depthwise, Embedding, Linear, SwiGLU
from docqa.model.moe import Experts, SparseMoe


class DeltaCache(Protocol):
    """What a delta net remembers between two calls; None before the first."""

    tail: Tensor | None
    memory: Tensor | None

    def update(self, tail: Tensor, memory: Tensor) -> None: ...


class AttentionCache(Protocol):
    """Keys and values of one attention layer: `attend` adds those of a call and lets its queries read all."""

    def attend(self, q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor: ...


Cache = DeltaCache | AttentionCache


class RMSNorm(nn.Module):
    """Zero-centred RMS norm: x * rsqrt(mean(x^2) + eps) * (1 + weight), in float32 inside."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(dim))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return zero_centred_norm(x, self.weight, self.eps)


class GatedNorm(nn.Module):
    """Norm of the delta net's output: plain weight, then the gate SiLU(z); [.., head_dim] in and out."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return gated_norm(x, z, self.weight, self.eps)


class GatedDeltaNet(nn.Module):
    """Gated delta network layer (runtime reference 1.2)."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.key_heads, self.value_heads = config.linear_num_key_heads, config.linear_num_value_heads
        self.key_dim, self.value_dim = config.linear_key_head_dim, config.linear_value_head_dim
        keys, values = self.key_heads * self.key_dim, self.value_heads * self.value_dim
        hidden = config.hidden_size
        self.in_proj_qkv = Linear(hidden, 2 * keys + values)
        self.in_proj_z = Linear(hidden, values)
        self.in_proj_b = Linear(hidden, self.value_heads)
        self.in_proj_a = Linear(hidden, self.value_heads)
        channels = 2 * keys + values
        self.conv1d = Depthwise(channels, config.linear_conv_kernel_dim)
        self.A_log = nn.Parameter(torch.zeros(self.value_heads))
        self.dt_bias = nn.Parameter(torch.ones(self.value_heads))
        self.norm = GatedNorm(self.value_dim, config.rms_norm_eps)
        self.out_proj = Linear(values, hidden)

    def mix(self, x: Tensor, cache: DeltaCache | None = None) -> Tensor:
        """Everything before `out_proj`: [batch, seq, hidden] -> [batch, seq, value_heads * value_dim]."""
        batch, seq, _ = x.shape
        tail, memory = (None, None) if cache is None else (cache.tail, cache.memory)
        weight, heads = self.conv1d.weight, 2 * self.key_heads
        unit, v, tail = unit_conv(self.in_proj_qkv(x), weight, tail, heads=heads, dim=self.key_dim)
        q, k = unit.chunk(2, 2)  # [batch, seq, key_heads, key_dim]
        v = v.unflatten(-1, (self.value_heads, self.value_dim))
        if self.value_heads != self.key_heads:
            repeat = self.value_heads // self.key_heads
            q, k = q.repeat_interleave(repeat, 2), k.repeat_interleave(repeat, 2)
        beta = widen(self.in_proj_b(x)).sigmoid()
        decay = -widen(self.A_log).exp() * functional.softplus(widen(self.in_proj_a(x)) + widen(self.dt_bias))
        out, memory = delta_rule(q, k, v, decay=decay, beta=beta, state=memory)
        if cache is not None:
            cache.update(tail, memory)
        z = self.in_proj_z(x).view(batch, seq, self.value_heads, self.value_dim)
        return self.norm(out, z).reshape(batch, seq, -1).to(x.dtype)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: DeltaCache | None = None) -> Tensor:
        return self.out_proj(self.mix(x, cache))


class GatedAttention(nn.Module):
    """Gated softmax attention layer (runtime reference 1.4)."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.dim = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        hidden = config.hidden_size
        self.q_proj = Linear(hidden, 2 * self.heads * self.dim)
        self.k_proj = Linear(hidden, self.kv_heads * self.dim)
        self.v_proj = Linear(hidden, self.kv_heads * self.dim)
        self.o_proj = Linear(self.heads * self.dim, hidden)
        self.q_norm = RMSNorm(self.dim, config.rms_norm_eps)
        self.k_norm = RMSNorm(self.dim, config.rms_norm_eps)

    def mix(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: AttentionCache | None = None) -> Tensor:
        """Everything before `o_proj`: [batch, seq, hidden] -> [batch, seq, heads * dim]."""
        batch, seq, _ = x.shape
        q, gate = self.q_proj(x).view(batch, seq, self.heads, 2 * self.dim).chunk(2, -1)
        q = rope.rotate(self.q_norm(q), *rotation)
        k = rope.rotate(self.k_norm(self.k_proj(x).view(batch, seq, self.kv_heads, self.dim)), *rotation)
        v = self.v_proj(x).view(batch, seq, self.kv_heads, self.dim)
        rounded = self.k_proj.packed is not None  # no finer than the products around it
        attend = attention if cache is None else cache.attend
        out = attend(q, k, v, rounded=rounded)
        return (out * gate.sigmoid()).reshape(batch, seq, -1)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: AttentionCache | None = None) -> Tensor:
        return self.o_proj(self.mix(x, rotation, cache))


class Layer(nn.Module):
    """x + mixer(norm(x)), then x + mlp(norm(x)); `sparse`: the MLP is one of experts."""

    def __init__(self, config: HybridConfig, kind: str, *, sparse: bool = False) -> None:
        super().__init__()
        self.kind = kind
        if kind == FULL:
            self.self_attn = GatedAttention(config)
        else:
            self.linear_attn = GatedDeltaNet(config)
        self.mlp = SparseMoe(config) if sparse else SwiGLU(config.hidden_size, config.intermediate_size)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    @property
    def mixer(self) -> nn.Module:
        return self.self_attn if self.kind == FULL else self.linear_attn

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: Cache | None = None) -> Tensor:
        x = x + self.mixer(self.input_layernorm(x), rotation, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Hybrid(nn.Module):
    """The stack. `forward` returns the hidden states after the last norm, [batch, seq, hidden].

    Caches are state.py's, which keep a context, or those of beams.py for a few branches. `layers`: build that many of
    the first layers only.
    """

    def __init__(self, config: HybridConfig, layers: int | None = None) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(
            Layer(config, kind, sparse=config.sparse(number)) for number, kind in enumerate(config.layer_types[:layers])
        )
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.lm_head = None if config.tie_word_embeddings else Linear(config.hidden_size, config.vocab_size)

    def rotation(self, positions: Tensor, factor: float = 1.0) -> tuple[Tensor, Tensor]:
        """cos and sin of the rotary embedding at `positions` [seq]: two tensors [seq, rotary_dim]."""
        frequencies, scale = self.config.rotary_frequencies(factor)
        dtype = torch.float64 if self.embed_tokens.weight.dtype == torch.float64 else torch.float32
        return rope.rotation_table(positions, frequencies.to(positions.device), scale, dtype)

    def forward(
        self, ids: Tensor, caches: Sequence[Cache] | None = None, *, position: int = 0, factor: float = 1.0,
        hooks: Mapping[int, Callable[[Tensor], None]] | None = None, layers: int | None = None,
    ) -> Tensor:  # fmt: skip
        """Run ids [batch, seq]; each of `hooks`, by a layer's number, is called with that layer's output.

        With `layers`, only that many of the first layers run, and the last norm does not.
        """
        x = self.embed_tokens(ids)
        rotation = self.rotation(torch.arange(position, position + ids.shape[1], device=ids.device), factor)
        for number, layer in enumerate(self.layers[:layers]):
            x = layer(x, rotation, None if caches is None else caches[number])
            if hooks and number in hooks:
                hooks[number](x)
        return self.norm(x) if layers is None else x

    def logits(self, hidden: Tensor) -> Tensor:
        """[.., hidden] -> [.., vocab] through the tied or separate head."""
        head = self.embed_tokens if self.lm_head is None else self.lm_head
        if head.packed is not None:
            return product(hidden, head.packed)
        return functional.linear(hidden, head.weight.to(hidden.dtype))

    def attach_packed(self, matrices: Mapping[str, PackedMatrix]) -> None:
        """Use packed matrices, by the names of their tensors, instead of those tensors."""
        for name, matrix in matrices.items():
            module = self.get_submodule(name.removesuffix(".weight"))
            assert isinstance(module, Linear | Embedding)
            module.packed = matrix

    def packed_matrices(self) -> dict[str, PackedMatrix]:
        """Those of `attach_packed`."""
        modules = ((name, getattr(module, "packed", None)) for name, module in self.named_modules())
        return {f"{name}.weight": matrix for name, matrix in modules if matrix is not None}

    def experts(self) -> dict[str, Experts]:
        """The `Experts` modules by name."""
        return {name: module for name, module in self.named_modules() if isinstance(module, Experts)}

    def attach_experts(self, banks: Mapping[str, ExpertBank]) -> None:
        """Use banks, by the names of their `Experts`, instead of those experts' tensors."""
        experts = self.experts()
        for name, bank in banks.items():
            experts[name].bank = bank

    def expert_banks(self) -> dict[str, ExpertBank]:
        """The banks of `attach_experts`."""
        return {name: module.bank for name, module in self.experts().items() if module.bank is not None}
