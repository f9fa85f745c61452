"""What a config.json of Ling 3 says in its release and as transformers writes it, and what is refused."""

import pytest
from family_checkpoints import HYBRIDS, settings_of

from docqa.model.config import HybridConfig
from docqa.model.cost.plan import parameters
from docqa.model.errors import ConfigUnsupported

RELEASED = {
    "model_type": "bailing_hybrid", "vocab_size": 157_184, "hidden_size": 2_560, "intermediate_size": 6_144,
    "num_hidden_layers": 42, "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 128,
    "kv_lora_rank": 512, "q_lora_rank": None, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "max_position_embeddings": 262_144, "moe_intermediate_size": 768, "num_experts": 512, "num_experts_per_tok": 8,
    "num_shared_experts": 1, "n_group": 8, "topk_group": 4, "norm_topk_prob": True, "first_k_dense_replace": 2,
    "routed_scaling_factor": 2.5, "layer_group_size": 6, "kda_safe_gate": True, "kda_lower_bound": -5.0,
    "short_conv_kernel_size": 4, "num_nextn_predict_layers": 1, "rope_theta": 6_000_000, "hidden_act": "silu",
    "tie_word_embeddings": False,
}  # fmt: skip


def small(**change):
    raw = {**HYBRIDS["bailing_hybrid"], "model_type": "bailing_hybrid", **change}
    return HybridConfig.from_dict({name: value for name, value in raw.items() if value != "left out"})


def test_the_release_is_read_with_its_sizes():
    config = HybridConfig.from_dict(RELEASED)
    counts = parameters(config)
    assert (round(counts["total"] / 1e9, 1), round(counts["active"] / 1e9, 1)) == (124.4, 5.5)
    full = [at + 1 for at, kind in enumerate(config.layer_types) if kind == "full_attention"]
    assert full == [6, 12, 18, 24, 30, 36, 42]
    assert (config.mlp_only_layers, config.head_dim, config.rotary_dim) == ((0, 1), 512 + 64, 64)
    assert (config.lowest_decay, config.linear_key_head_dim, config.linear_num_value_heads) == (-5.0, 128, 32)
    assert config.rope_parameters["rope_theta"] == 6_000_000


def test_what_transformers_writes_and_what_a_release_says_are_read_alike():
    assert HybridConfig.from_dict(settings_of("bailing_hybrid").to_dict()) == small()
    assert small(kda_safe_gate=False).lowest_decay == 0.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kda_lower_bound": 1.0}, "kda_lower_bound = 1.0"),
        ({"kda_safe_gate": "sometimes"}, "kda_safe_gate = 'sometimes'"),
        ({"attention_bias": True}, "attention_bias = True"),
        ({"num_key_value_heads": 2}, "num_key_value_heads = 2"),
        ({"kv_lora_rank": "left out"}, "kv_lora_rank = None"),
        ({"head_dim": "left out"}, "linear_head_dim = None"),
        ({"qk_rope_head_dim": 15}, "turns 15 of 63 dims"),
        ({"n_group": 3}, "3 groups of 8 experts"),
        ({"layer_types": None, "layer_group_size": 0}, "layer_group_size = 0"),
        (
            {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0, "mscale_all_dim": 1.0}},
            "mscale_all_dim = 1.0",
        ),
    ],
)
def test_what_is_not_computed_is_refused(change, said):
    with pytest.raises(ConfigUnsupported, match=said):
        small(**change)
