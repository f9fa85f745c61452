"""Small random checkpoints with all axes different, and a tokenizer to go with them."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from docqa.kernels.self_check import library
from docqa.model.checkpoints.network import build_network
from docqa.model.checkpoints.quantize import quantize
from docqa.model.config import HybridConfig
from docqa.model.decode.continuation import Continuation
from docqa.model.decode.step import NativeStep
from docqa.model.load import NetworkModel, load_model
from docqa.model.network import Network
from docqa.model.state.delta_memory import DeltaMemory
from docqa.model.state.kv_cache import AttentionMemory
from docqa.model.tokenizer import byte_alphabet

needs_library = pytest.mark.skipif(
    library() is None, reason="the native library is not built or not for this processor"
)
RAW = {
    "model_type": "qwen3_5_text",
    "vocab_size": 300,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 6,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 12,
    "layer_types": ["linear_attention", "full_attention", "linear_attention", "full_attention"],
    "rope_parameters": {
        "rope_type": "default",
        "rope_theta": 10000.0,
        "partial_rotary_factor": 0.5,
    },
    "eos_token_id": 299,
    "max_position_embeddings": 4096,
    "tie_word_embeddings": True,
}
WIDE = (
    RAW
    # whole groups of 64 everywhere; two value heads read one key head, two query heads one key head
    | {
        "intermediate_size": 128,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 64,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
        "linear_key_head_dim": 24,
        "linear_value_head_dim": 32,
    }
)


def tokenizer_spec() -> dict:
    """A byte-level BPE with a few merges; digits stand alone."""
    vocabulary = dict(byte_alphabet().items())
    merges = [
        ["t", "h"],
        ["th", "e"],
        ["Ġ", "a"],
        ["Ġ", "the"],
        ["i", "n"],
        ["Ċ", "Ċ"],
        ["Ġ", "Ġ"],
        ["Ã", "©"],
    ]
    for left, right in merges:
        vocabulary[left + right] = len(vocabulary)
    digits = {"type": "Digits", "individual_digits": True}
    level = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": True,
    }
    end = {
        "id": 299,
        "content": "<|end|>",
        "special": True,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
    }
    return {
        "version": "1.0",
        "added_tokens": [{**end, "normalized": False}],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [digits, level]},
        "post_processor": None,
        "decoder": level,
        "model": {"type": "BPE", "vocab": vocabulary, "merges": merges},
    }


def random_network(raw: dict, seed: int = 0, dtype: torch.dtype = torch.float32) -> Network:
    """Every weight random, norms, decays and biases too."""
    torch.manual_seed(seed)
    network = build_network(HybridConfig.from_dict(raw))
    for name, parameter in network.named_parameters():
        wide = 0.3 if parameter.ndim > 1 else 0.5
        parameter.data.normal_(0, 0.02 * 10 if "embed" in name else wide)
    return network.to(dtype).eval().requires_grad_(False)


def write_checkpoint(folder: Path, raw: dict | None = None, seed: int = 0) -> Path:
    """A whole model folder: config.json, tokenizer.json, model.safetensors in float32."""
    raw = raw or RAW
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(raw))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer_spec()))
    tensors = {
        k if k.startswith("lm_head") else f"model.{k}": v
        for k, v in random_network(raw, seed).state_dict().items()
    }
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "model.safetensors")
    return folder


def tiny_model(
    folder: Path, dtype: torch.dtype = torch.float32, raw: dict | None = None
) -> NetworkModel:
    """Write a checkpoint and load it."""
    return load_model(write_checkpoint(folder, raw), dtype=dtype)


def packed_model(folder: Path) -> NetworkModel:
    """A checkpoint in whole groups, quantized and loaded with its matrices packed."""
    quantize(write_checkpoint(folder / "dense", WIDE), folder / "packed")
    return load_model(folder / "packed")


def both(model, state):
    """A continuation through the native step, and one without it."""
    native = Continuation(model, state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NativeStep, "from_state", classmethod(lambda cls, model, state: None))
        plain = Continuation(model, state)
    assert native.native is not None and plain.native is None
    return native, plain


def held_bytes(*layers: AttentionMemory | DeltaMemory) -> int:
    """Bytes of what layers of a state remember."""
    parts = [part for layer in layers for part in layer.tensors().values()]
    for layer in layers:
        parts += [
            part for block in getattr(layer, "quantized", ()) for part in vars(block).values()
        ]
    return sum(part.nbytes for part in parts if isinstance(part, torch.Tensor))


def seeded(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def random_ids(count: int, seed: int = 1) -> torch.Tensor:
    return torch.randint(0, 290, (count,), generator=seeded(seed))


def started(model, count=70, **more):
    """A State of `model` after `count` tokens."""
    state = model.new_state(**more)
    model.prefill(random_ids(count), state)
    return state
