"""The dense members against transformers; their state, and that of hybrids of their own, against a
cold run.
"""

import json

import pytest
import tiny
import torch
from family_checkpoints import (
    FAMILIES,
    LLAMA3,
    TRANSFORMERS,
    check_pieces,
    check_states,
    rewritten,
    transformers_class,
    write_family,
)

from docqa.kernels.norm import rms_norm
from docqa.model.checkpoints.check import compare_with_transformers
from docqa.model.checkpoints.network import build_network, load_network
from docqa.model.config import HybridConfig
from docqa.model.cost.plan import estimate, parameters, state_bytes, yarn_factor_for
from docqa.model.errors import ConfigUnsupported, ContextTooLong, WeightsMismatch, WeightsMissing
from docqa.model.load import load_model
from docqa.model.state.long_attention import LongAttention

NEAR = 5e-5  # float32 logits of up to 2; measured 1e-6
YARN = {
    "rope_type": "yarn",
    "rope_theta": 10000.0,
    "factor": 4.0,
    "original_max_position_embeddings": 64,
}
LINEAR = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}


@pytest.mark.parametrize("family", TRANSFORMERS)
def test_logits_are_those_of_transformers(folders, family):
    result = compare_with_transformers(folders(family))
    print(family, result["max_abs_diff"], result["transformers_fp32_vs_fp64"])
    assert result["lengths"] == [1, 63, 64, 65, 1000]
    assert result["argmax_equal"] and result["max_abs_diff"] < NEAR


@pytest.mark.parametrize(
    ("family", "change"),
    [
        ("llama", {"tie_word_embeddings": False, "rope_parameters": LLAMA3}),
        ("llama", {"rope_parameters": LINEAR}),
        ("qwen2", {"tie_word_embeddings": True, "rope_parameters": YARN}),
    ],
)
def test_logits_with_scaled_rope_are_those_transformers_loads(tmp_path, family, change):
    write_family(tmp_path, family, **change)
    assert compare_with_transformers(tmp_path, lengths=(130,))["max_abs_diff"] < NEAR
    theirs = (
        transformers_class(family)[1].from_pretrained(tmp_path, attn_implementation="eager").eval()
    )
    config = HybridConfig.from_folder(tmp_path)
    ours = load_network(tmp_path, config, torch.float32)
    ids = tiny.random_ids(130)[None]
    with torch.inference_mode():
        assert (
            ours.logits(ours(ids, factor=config.checkpoint_yarn_factor)) - theirs(ids).logits
        ).abs().max() < NEAR
        assert (
            ours.logits(ours(ids, factor=2.0)) - theirs(ids).logits
        ).abs().max() > NEAR or not config.can_stretch_context


def test_rope_of_old_configs_is_read_from_the_top_level(tmp_path):
    write_family(tmp_path, "llama", rope_parameters=LINEAR)
    path = tmp_path / "config.json"
    raw = json.loads(path.read_text())
    rope = raw.pop("rope_parameters")
    old = {"rope_theta": rope["rope_theta"], "rope_scaling": {"type": "linear", "factor": 4.0}}
    path.write_text(json.dumps(raw | old))
    assert compare_with_transformers(tmp_path, lengths=(65,))["max_abs_diff"] < NEAR


@pytest.mark.parametrize("family", TRANSFORMERS)
def test_cached_forked_and_saved_states_equal_cold_runs(folders, tmp_path, family):
    check_states(folders(family), tmp_path)


@pytest.mark.parametrize("family", ["qwen3_next", "qwen3_5_moe", *TRANSFORMERS])
def test_pieces_and_steps_equal_one_forward(folders, family):
    check_pieces(folders(family))


@pytest.mark.parametrize("family", [*FAMILIES, *TRANSFORMERS])
def test_parameters_are_counted_and_planned_as_they_are(folders, family):
    config = HybridConfig.from_folder(folders(family))
    with torch.device("meta"):
        network = build_network(config)
    assert parameters(config)["total"] == sum(part.numel() for part in network.parameters())
    assert estimate(config, 2_000).state_bytes > estimate(config, 1_000).state_bytes > 0


@pytest.mark.parametrize("family", TRANSFORMERS)
def test_state_bytes_are_planned_as_whole_blocks_are_kept(folders, family):
    model = load_model(folders(family), dtype="float32")
    state = tiny.started(model, 256, grid=128, long=LongAttention(block=128))
    held = tiny.held_bytes(*state.layers)
    assert held * 0.9 < state_bytes(model.config, 256, grid=128)["kv"] < held * 1.1


def test_norm_is_plain_and_loses_nothing():
    x = torch.randn(5, 48)
    weight = torch.randn(48).bfloat16().float()
    wide = x.double()
    right = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + 1e-6) * weight.double()
    assert (rms_norm(x, weight, 1e-6) - right).abs().max() < 1e-6


def test_a_context_that_yarn_does_not_stretch_ends_at_its_length(tmp_path):
    write_family(tmp_path, "llama", rope_parameters=LLAMA3)
    config = HybridConfig.from_folder(tmp_path)
    assert (config.native_context, yarn_factor_for(config, 4096)) == (4096, 1.0)
    with pytest.raises(
        ContextTooLong, match="4,097 tokens are more than the longest context, 4,096"
    ):
        yarn_factor_for(config, 4097)


@pytest.mark.parametrize(
    ("family", "change", "said"),
    [
        (
            "llama",
            {"rope_parameters": {"rope_type": "longrope", "rope_theta": 1.0}},
            "rope_type 'longrope'",
        ),
        (
            "llama",
            {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0}},
            "rope_type 'dynamic'.*linear, llama3",
        ),
        (
            "llama",
            {"rope_parameters": {"rope_type": "llama3", "factor": 2.0}},
            "needs a number for low_freq_factor",
        ),
        ("llama", {"mlp_bias": True}, "mlp_bias = True"),
        ("llama", {"attention_bias": True}, "attention_bias = True"),
        ("qwen3", {"use_sliding_window": True}, "use_sliding_window = True"),
        (
            "qwen2",
            {"layer_types": ["full_attention", "sliding_attention", "full_attention"]},
            "sliding_attention",
        ),
        ("qwen2", {"layer_types": ["linear_attention"] * 3}, "linear_attention"),
        ("qwen2", {"hidden_act": "gelu"}, "hidden_act = 'gelu'"),
        (
            "qwen3",
            {"model_type": "gemma3"},
            "model_type 'gemma3' is not supported; docqa runs .*llama",
        ),
    ],
)
def test_options_that_are_not_computed_are_refused(family, change, said):
    raw = {**TRANSFORMERS[family], "model_type": family, **change}
    with pytest.raises(ConfigUnsupported, match=said):
        HybridConfig.from_dict(raw)


def test_a_missing_bias_and_a_foreign_one_are_named(folders, tmp_path):
    def without(tensors):
        return {
            name: part
            for name, part in tensors.items()
            if name != "model.layers.1.self_attn.k_proj.bias"
        }

    with pytest.raises(WeightsMissing, match="no tensor layers.1.self_attn.k_proj.bias"):
        load_model(rewritten(folders("qwen2"), tmp_path / "less", without), dtype="float32")

    def more(tensors):
        return tensors | {"model.layers.0.self_attn.o_proj.bias": torch.zeros(96)}

    with pytest.raises(
        WeightsMismatch, match="unknown tensor model.layers.0.self_attn.o_proj.bias"
    ):
        load_model(rewritten(folders("llama"), tmp_path / "more", more), dtype="float32")
