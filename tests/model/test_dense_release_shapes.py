"""A layer of each kind in the shapes of every dense Qwen3.5, in bf16 as released, beside
transformers.
"""

import json

import pytest
import torch
from safetensors.torch import save_file

from docqa.model.checkpoints.check import compare_with_transformers
from docqa.model.config import HybridConfig
from docqa.model.hybrid import Hybrid

SHARED = {
    "model_type": "qwen3_5_text",
    "architectures": ["Qwen3_5ForCausalLM"],
    "vocab_size": 1024,
    "num_hidden_layers": 2,
    "head_dim": 256,
    "linear_num_key_heads": 16,
    "linear_key_head_dim": 128,
    "linear_value_head_dim": 128,
    "layer_types": ["linear_attention", "full_attention"],
    "max_position_embeddings": 262144,
    "hidden_act": "silu",
    "rope_parameters": {
        "rope_type": "default",
        "rope_theta": 10000000,
        "partial_rotary_factor": 0.25,
    },
}
# hidden, MLP, heads, their key heads, value heads of the delta net, tied embedding; the vocabulary
# is a small one
SIZES = {
    "0.8B": (1024, 3584, 8, 2, 16, True),
    "2B": (2048, 6144, 8, 2, 16, True),
    "4B": (2560, 9216, 16, 4, 32, True),
    "9B": (4096, 12288, 16, 4, 32, False),
    "27B": (5120, 17408, 24, 4, 48, False),
}
NAMES = (
    "hidden_size",
    "intermediate_size",
    "num_attention_heads",
    "num_key_value_heads",
    "linear_num_value_heads",
    "tie_word_embeddings",
)
KEPT_IN_FLOAT32 = ("A_log", "linear_attn.norm.weight")  # so in the releases of Qwen3.5


def write(folder, size):
    """A checkpoint of one file; matrices keep the size of what goes through them."""
    raw = SHARED | dict(zip(NAMES, SIZES[size]))
    (folder / "config.json").write_text(json.dumps(raw))
    config = HybridConfig.from_dict(raw)
    with torch.device("meta"):
        shapes = {name: tuple(part.shape) for name, part in Hybrid(config).state_dict().items()}
    source = torch.Generator().manual_seed(0)
    tensors = {}
    for name, shape in shapes.items():
        wide = 0.3 if len(shape) == 1 else shape[-1] ** -0.5
        drawn = torch.empty(shape).normal_(0, wide, generator=source)
        tensors[name] = drawn if name.endswith(KEPT_IN_FLOAT32) else drawn.bfloat16()
    save_file(stored_names(tensors), folder / "model.safetensors", metadata={"format": "pt"})


def stored_names(tensors):
    return {
        name if name.startswith("lm_head") else f"model.{name}": part
        for name, part in tensors.items()
    }


@pytest.mark.timeout(1800)
@pytest.mark.slow
@pytest.mark.parametrize("size", list(SIZES))
def test_layers_of_dense_sizes_equal_transformers_within_its_own_error(tmp_path, size):
    """27B takes 9 GB of memory."""
    write(tmp_path, size)
    found = compare_with_transformers(tmp_path, lengths=(70,))
    print(size, found["max_abs_diff"], found["transformers_fp32_vs_fp64"])
    assert found["argmax_equal"]
    # The yardstick is what transformers itself loses in float32; another order of additions may
    # lose as much again.
    assert found["max_abs_diff"] <= 2 * found["transformers_fp32_vs_fp64"]
