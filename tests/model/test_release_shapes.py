"""Layers in the shapes of Qwen3-Next-80B-A3B, in bf16 shards as it is released, one layer of each
kind.
"""

import json

import pytest
import torch
from family_checkpoints import NEXT_80B, transformers_class
from safetensors import safe_open
from safetensors.torch import save_file

from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig

RAW = {
    **NEXT_80B,
    "architectures": ["Qwen3NextForCausalLM"],
    "vocab_size": 1024,
    "num_hidden_layers": 2,
    "layer_types": ["linear_attention", "full_attention"],
    "tie_word_embeddings": False,
    "hidden_act": "silu",
}
EXPERTS = RAW["num_experts"]
INNER = RAW["moe_intermediate_size"]
HIDDEN = RAW["hidden_size"]


def meta_model():
    settings = transformers_class("qwen3_next")[0](
        **{
            name: value
            for name, value in RAW.items()
            if name not in ("model_type", "architectures")
        },
        attn_implementation="eager",
        experts_implementation="eager",
    )
    with torch.device("meta"):
        return settings, transformers_class("qwen3_next")[1](settings).eval()


def random(shape, source):
    wide = 0.3 if len(shape) == 1 else shape[-1] ** -0.5
    return (torch.randn(shape, generator=source) * wide).bfloat16()


def write(folder, model):
    """A shard for each layer's experts and one for the rest. Experts are one random stretch, read
    from other places.
    """
    source = torch.Generator().manual_seed(0)
    where = {}
    noise = random((3 * INNER * HIDDEN + EXPERTS * 4096,), source) * 0.1

    def shard(number, tensors):
        name = f"model-{number:05d}-of-00003.safetensors"
        save_file(tensors, folder / name, metadata={"format": "pt"})
        where.update(dict.fromkeys(tensors, name))

    rest = {
        n: random(tuple(p.shape), source)
        for n, p in model.state_dict().items()
        if ".experts." not in n
    }
    shard(1, rest)
    for layer in range(2):
        tensors = {}
        for number in range(EXPERTS):
            start = (number + layer) * 4096
            for half, shape in (
                ("gate", (INNER, HIDDEN)),
                ("up", (INNER, HIDDEN)),
                ("down", (HIDDEN, INNER)),
            ):
                name = f"model.layers.{layer}.mlp.experts.{number}.{half}_proj.weight"
                tensors[name] = noise[start : start + INNER * HIDDEN].view(shape).clone()
                start += INNER * HIDDEN - 4096
        shard(2 + layer, tensors)
    (folder / "config.json").write_text(json.dumps(RAW))
    index = {"metadata": {}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


class OneByOne(torch.nn.Module):
    """Stands for a stacked tensor of transformers' experts: an expert is float32 only while it is
    looked at.
    """

    def __init__(self, files, prefix, halves):
        super().__init__()
        self.files = files
        self.prefix = prefix
        self.halves = halves

    def __getitem__(self, number):
        names = [f"{self.prefix}.{int(number)}.{half}_proj.weight" for half in self.halves]
        return torch.cat([self.files[name].get_tensor(name).float() for name in names])


def of_transformers(folder, ids):
    """Logits of transformers' own modules in float32, without 13 GB of experts in memory."""
    settings, model = meta_model()
    opened = {path: safe_open(path, "pt") for path in folder.glob("*.safetensors")}
    files = {name: file for file in opened.values() for name in list(file.keys())}
    have = {n: files[n].get_tensor(n).float() for n in model.state_dict() if ".experts." not in n}
    for number, layer in enumerate(model.model.layers):
        experts = layer.mlp.experts
        prefix = f"model.layers.{number}.mlp.experts"
        del experts.gate_up_proj, experts.down_proj
        experts.gate_up_proj = OneByOne(files, prefix, ("gate", "up"))
        experts.down_proj = OneByOne(files, prefix, ("down",))
    model.load_state_dict(have, assign=True)
    model.model.rotary_emb = type(model.model.rotary_emb)(settings)
    return model(ids).logits


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_layers_of_the_80b_model_match_transformers(tmp_path):
    """Writes 6.5 GB; takes about 16 GB of memory."""
    write(tmp_path, meta_model()[1])
    ids = torch.randint(0, 1024, (1, 70), generator=torch.Generator().manual_seed(1))
    config = HybridConfig.from_folder(tmp_path)
    ours = load_network(tmp_path, config, torch.float32)
    with torch.inference_mode():
        logits = ours.logits(ours(ids))
        right = of_transformers(tmp_path, ids)
    assert (logits - right).abs().max() < 5e-4  # measured 9e-6
    assert right.abs().max() > 1
