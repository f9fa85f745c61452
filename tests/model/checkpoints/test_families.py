"""Every member of the family against transformers, from checkpoints that transformers wrote."""

from importlib import import_module

import pytest
import tiny
import torch
from family_checkpoints import (
    FAMILIES,
    NEXT_80B,
    RELEASED,
    apart,
    randomised,
    rewritten,
    settings_of,
    transformers_class,
    write_family,
)
from safetensors.torch import load_file
from transformers.modeling_layers import MtpLayer

from docqa.model.checkpoints.check import compare_with_transformers
from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig
from docqa.model.cost.plan import parameters
from docqa.model.errors import WeightsMismatch, WeightsMissing
from docqa.model.load import load_model

NEAR = 5e-4  # float32 logits; measured 3e-6 to 3e-5


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_are_those_of_transformers(folders, family):
    result = compare_with_transformers(folders(family), lengths=(1, 63, 65))
    print(family, result["max_abs_diff"], result["transformers_fp32_vs_fp64"])
    assert result["argmax_equal"] and result["max_abs_diff"] < NEAR


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_are_those_of_the_model_that_transformers_loads_from_the_folder(folders, family):
    theirs = (
        transformers_class(family)[1]
        .from_pretrained(folders(family), attn_implementation="eager")
        .eval()
    )
    ours = load_network(folders(family), HybridConfig.from_folder(folders(family)), torch.float32)
    ids = tiny.random_ids(70)[None]
    with torch.inference_mode():
        right = theirs(ids).logits
        difference = (ours.logits(ours(ids)) - right).abs().max()
    print(family, float(difference), float(right.abs().max()))
    assert difference < NEAR


MOE_35B = {
    **NEXT_80B,
    "model_type": "qwen3_5_moe_text",
    "vocab_size": 248320,
    "num_hidden_layers": 40,
    "num_experts": 256,
    "num_experts_per_tok": 8,
}
DENSE_4B = {
    **RELEASED,
    "vocab_size": 248320,
    "hidden_size": 2560,
    "num_hidden_layers": 32,
    "num_attention_heads": 16,
    "num_key_value_heads": 4,
    "linear_num_value_heads": 32,
    "intermediate_size": 9216,
    "tie_word_embeddings": True,
}


@pytest.mark.parametrize(
    ("raw", "total", "active"),
    [(NEXT_80B, 79.67, 3.87), (MOE_35B, 34.66, 3.45), (DENSE_4B, 4.21, 4.21)],
)
def test_released_sizes_have_the_parameters_that_are_published(raw, total, active):
    counts = parameters(HybridConfig.from_dict(raw))
    assert (round(counts["total"] / 1e9, 2), round(counts["active"] / 1e9, 2)) == (total, active)


def test_a_cut_on_the_grid_does_not_change_a_bit(folders):
    model = load_model(folders("qwen3_next"), dtype="float32")
    ids = tiny.random_ids(200)
    found = []
    for cuts in ((), (64,), (64, 128)):
        state = model.new_state(grid=64)
        start = 0
        for stop in (*cuts, 200):
            hidden = model.prefill(ids[start:stop], state)
            start = stop
        found.append(hidden)
    assert all(torch.equal(found[0], other) for other in found[1:])


def test_experts_may_be_stacked_or_apart(folders, tmp_path):
    source = folders("qwen3_5_moe")
    single = rewritten(source, tmp_path / "apart", apart)
    assert any(".experts.6.up_proj" in name for name in load_file(single / "model.safetensors"))
    config = HybridConfig.from_folder(source)
    first, second = (
        load_network(folder, config, torch.float32).state_dict() for folder in (source, single)
    )
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def test_a_missing_expert_and_one_of_the_wrong_shape_are_named(folders, tmp_path):
    def without(tensors):
        return {
            name: part for name, part in apart(tensors).items() if ".experts.4.up_proj" not in name
        }

    def short(tensors):
        return {
            name: part[:-1] if ".1.mlp.experts.2.down" in name else part
            for name, part in apart(tensors).items()
        }

    def load(change, name):
        return load_model(
            rewritten(folders("qwen3_5_moe"), tmp_path / name, change), dtype="float32"
        )

    with pytest.raises(WeightsMissing, match=r"layers.0.mlp.experts.4.up_proj.weight"):
        load(without, "without")
    with pytest.raises(
        WeightsMismatch,
        match=r"model.safetensors: layers.1.mlp.experts.2.down_proj.weight is \(63, 24\)",
    ):
        load(short, "short")


def test_shards_in_bfloat16_load_and_a_missing_one_is_named(tmp_path):
    write_family(tmp_path, "qwen3_next", dtype=torch.bfloat16, shard="60KB")
    theirs = (
        transformers_class("qwen3_next")[1].from_pretrained(tmp_path, dtype=torch.float32).eval()
    )
    shards = sorted(tmp_path.glob("model-*.safetensors"))
    assert len(shards) > 3
    ours = load_network(tmp_path, HybridConfig.from_folder(tmp_path), torch.float32)
    ids = tiny.random_ids(30)[None]
    with torch.inference_mode():
        assert (ours.logits(ours(ids)) - theirs(ids).logits).abs().max() < NEAR
    shards[1].unlink()
    with pytest.raises(WeightsMissing, match=f"{shards[1].name} is missing"):
        load_model(tmp_path)


def mtp_layer(family, seed=5):
    """transformers' own draft layer of a family, random, and its tensors as a checkpoint names
    them.
    """
    kind = family.removesuffix("_text")
    module = import_module(f"transformers.models.{kind}.modeling_{kind}")
    stem = {"qwen3_next": "Qwen3Next", "qwen3_5": "Qwen3_5", "qwen3_5_moe": "Qwen3_5Moe"}[kind]
    settings = settings_of(family, layer_types=["full_attention"] * 4)
    layer_class = getattr(module, f"{stem}DecoderLayer")
    norm_class = getattr(module, f"{stem}RMSNorm")
    layer = randomised(MtpLayer(settings, layer_class, norm_class, 0), seed)
    names = {
        "eh_proj": "fc",
        "enorm": "pre_fc_norm_embedding",
        "hnorm": "pre_fc_norm_hidden",
        "post_norm": "norm",
    }
    stored = {}
    for name, part in layer.state_dict().items():
        first, _, rest = name.partition(".")
        stored[f"mtp.{names[first]}.{rest}" if first in names else f"mtp.layers.0.{rest}"] = part
    return layer, stored


@pytest.mark.parametrize("family", ["qwen3_next", "qwen3_5_text", "qwen3_5_moe_text"])
def test_mtp_module_equals_transformers_and_the_trunk_loads_beside_it(folders, tmp_path, family):
    theirs, stored = mtp_layer(family)
    folder = rewritten(folders(family), tmp_path / "with", lambda tensors: tensors | apart(stored))
    model = load_model(folder, dtype="float32")
    hidden, following = torch.randn(2, 1, 40, 64, generator=tiny.seeded(4)).unbind()
    rotation = model.network.rotation(torch.arange(40))
    wide = tuple(part[None] for part in rotation)
    mask = torch.full((1, 1, 40, 40), float("-inf")).triu(1)
    with torch.inference_mode():
        right = theirs(following, hidden, wide, mask, torch.arange(40)[None], None)
        difference = (model.mtp(hidden, following, rotation) - right).abs().max()
    assert difference < 1e-5


def test_an_mtp_module_that_is_not_built_is_passed_over(folders, tmp_path):
    stored = apart(mtp_layer("qwen3_next")[1]) | {"mtp.embed_tokens.weight": torch.zeros(300, 64)}
    folder = rewritten(folders("qwen3_next"), tmp_path / "own", lambda tensors: tensors | stored)
    assert load_model(folder, dtype="float32").mtp is None
