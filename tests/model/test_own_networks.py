"""Hybrids with a network of their own: against transformers, and their state against a cold run."""

import json

import pytest
import tiny
import torch
from family_checkpoints import (
    GRID,
    HYBRIDS,
    rewritten,
    transformers_class,
    write_family,
)

from docqa.model.checkpoints.check import check
from docqa.model.checkpoints.export import export
from docqa.model.checkpoints.quantize import quantize
from docqa.model.config import HybridConfig
from docqa.model.cost.plan import state_bytes
from docqa.model.decode.generate import generate
from docqa.model.errors import ConfigUnsupported, WeightsMismatch, WeightsMissing
from docqa.model.load import load_model
from docqa.model.state.long_attention import LongAttention

NEAR = 1e-4  # float32 logits of up to 3; measured 3e-5
ROPE = {"rope_type": "default", "rope_theta": 10000.0}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 64}
VARIANTS = [
    *((family, {}) for family in HYBRIDS),
    ("olmo_hybrid", {"rope_parameters": ROPE}),
    ("olmo_hybrid", {"rope_parameters": YARN, "linear_allow_neg_eigval": False, "tie_word_embeddings": True}),
]  # fmt: skip


@pytest.mark.parametrize(("family", "change"), VARIANTS)
def test_logits_are_those_of_transformers(tmp_path, family, change):
    write_family(tmp_path, family, **change)
    result = check(tmp_path)
    print(family, change, result["max_abs_diff"], result["transformers_fp32_vs_fp64"])
    assert result["lengths"] == [1, 63, 64, 65, 1000]
    assert result["argmax_equal"] and result["max_abs_diff"] <= 2 * result["transformers_fp32_vs_fp64"] < NEAR


@pytest.mark.parametrize("family", HYBRIDS)
def test_greedy_generation_takes_the_best_token_at_every_step(folders, family):
    model = load_model(folders(family), dtype="float64")
    for count, long in ((50, None), (300, LongAttention(exact=192, local=64, best=2, block=16))):
        state = model.new_state(grid=GRID, long=long)
        model.prefill(tiny.random_ids(count), state)
        fork, right = state.fork(), []
        for _ in range(6):
            right.append(int(model.logits(fork.hidden)[: model.tokenizer.vocab_size].argmax()))
            model.prefill([right[-1]], fork)
        pieces = list(generate(model, state, max_tokens=6, stop_ids=[]))
        assert [piece.token for piece in pieces] == right and state.position == count


@pytest.mark.parametrize("family", HYBRIDS)
def test_state_bytes_are_planned_as_they_are_kept(folders, family):
    model = load_model(folders(family), dtype="float32")
    state = model.new_state(grid=128, long=LongAttention(block=128))
    model.prefill(tiny.random_ids(256), state)
    held = dict.fromkeys(model.config.layer_types, 0)
    for kind, layer in zip(model.config.layer_types, state.layers):
        held[kind] += tiny.held_bytes(layer)
    planned = state_bytes(model.config, 256, item=4, grid=128)
    assert held["linear_attention"] == planned["fixed"]
    assert held["full_attention"] * 0.9 < planned["kv"] < held["full_attention"] * 1.1


@pytest.mark.parametrize("family", HYBRIDS)
def test_a_quantized_folder_computes_what_its_numbers_stand_for(folders, tmp_path, family):
    quantize(folders(family), tmp_path / "small")
    result = check(tmp_path / "small", lengths=(65,))
    assert result["argmax_equal"] and result["max_abs_diff"] < NEAR
    packed, ids = load_model(tmp_path / "small"), tiny.random_ids(70)
    dense = load_model(tmp_path / "small", dtype="float32")
    ours, right = (model.logits(model.prefill(ids, model.new_state())) for model in (packed, dense))
    assert (ours - right).abs().max() < 0.05 * right.abs().max()


@pytest.mark.parametrize("family", HYBRIDS)
def test_transformers_loads_an_export(folders, tmp_path, family):
    export(folders(family), tmp_path / "out")
    theirs = transformers_class(family)[1].from_pretrained(tmp_path / "out", dtype=torch.float32).eval()
    ours, ids = load_model(tmp_path / "out", dtype="float32"), tiny.random_ids(70)[None]
    with torch.inference_mode():
        assert (ours.network.logits(ours.network(ids)) - theirs(ids).logits).abs().max() < NEAR


PARTS = {
    "olmo_hybrid": ("layers.1.self_attn.k_norm.weight", "layers.0.linear_attn.k_conv1d.weight"),
}


@pytest.mark.parametrize("family", HYBRIDS)
def test_a_missing_tensor_a_foreign_and_a_short_one_are_named(folders, tmp_path, family):
    for number, part in enumerate(PARTS[family]):
        name, folder = f"model.{part}", tmp_path / str(number)
        folder.mkdir()

        def load(change, where, name=name, folder=folder):
            def changed(tensors):
                assert name in tensors
                return change(tensors, name)

            load_model(rewritten(folders(family), folder / where, changed), dtype="float32")

        with pytest.raises(WeightsMissing, match=f"less: no tensor {part}"):
            load(lambda tensors, name: {key: at for key, at in tensors.items() if key != name}, "less")
        with pytest.raises(WeightsMismatch, match=f"more/model.safetensors: unknown tensor {name}.more"):
            load(lambda tensors, name: tensors | {f"{name}.more": torch.zeros(3)}, "more")
        with pytest.raises(WeightsMismatch, match=f"short/model.safetensors: {part} is "):
            load(lambda tensors, name: tensors | {name: tensors[name][:-1]}, "short")


def test_a_config_that_is_refused_is_named_by_its_file(folders, tmp_path):
    raw = json.loads((folders("olmo_hybrid") / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(raw | {"attention_bias": True}))
    with pytest.raises(ConfigUnsupported, match=f"{tmp_path}/config.json: config.json: attention_bias = True"):
        HybridConfig.from_folder(tmp_path)
