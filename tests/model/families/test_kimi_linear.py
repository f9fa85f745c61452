"""What a config.json of Kimi Linear says in its release and as transformers writes it, and what is refused."""

import pytest
from family_checkpoints import HYBRIDS, settings_of

from docqa.model.config import HybridConfig
from docqa.model.cost.plan import most_tokens, parameters, state_bytes
from docqa.model.errors import ConfigUnsupported, ContextTooLong

FULL = [4, 8, 12, 16, 20, 24, 27]
RELEASED = {
    "model_type": "kimi_linear", "vocab_size": 163_840, "hidden_size": 2_304, "intermediate_size": 9_216,
    "num_hidden_layers": 27, "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 72,
    "kv_lora_rank": 512, "q_lora_rank": None, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "mla_use_nope": True, "model_max_length": 1_048_576, "moe_intermediate_size": 1_024, "moe_layer_freq": 1,
    "moe_renormalize": True, "moe_router_activation_func": "sigmoid", "num_expert_group": 1, "topk_group": 1,
    "num_experts": 256, "num_experts_per_token": 8, "num_shared_experts": 1, "first_k_dense_replace": 1,
    "num_nextn_predict_layers": 0, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "rope_scaling": None,
    "routed_scaling_factor": 2.446, "tie_word_embeddings": False, "use_grouped_topk": True, "hidden_act": "silu",
    "linear_attn_config": {
        "full_attn_layers": FULL, "kda_layers": [at for at in range(1, 28) if at not in FULL],
        "head_dim": 128, "num_heads": 32, "short_conv_kernel_size": 4,
    },
}  # fmt: skip


def small(**change):
    raw = {**HYBRIDS["kimi_linear"], "model_type": "kimi_linear", **change}
    return HybridConfig.from_dict({name: value for name, value in raw.items() if value != "left out"})


def test_the_release_has_49_billion_parameters():
    config = HybridConfig.from_dict(RELEASED)
    counts = parameters(config)
    assert (round(counts["total"] / 1e9, 1), round(counts["active"] / 1e9, 1)) == (49.1, 3.5)
    assert [at + 1 for at, kind in enumerate(config.layer_types) if kind == "full_attention"] == FULL
    assert (config.mlp_only_layers, most_tokens(config), config.rotary_dim) == ((0,), 1_048_576, 0)


def test_a_token_is_cached_as_a_latent_and_one_shared_key():
    sizes = state_bytes(HybridConfig.from_dict(RELEASED), 0)
    latent = 512 + 64
    assert sizes["kv_per_token"] == 7 * (2 * latent + latent + 2) + int(7 * latent * 8 / 128)


def test_what_transformers_writes_and_what_a_release_says_are_read_alike():
    kinds = {"full_attn_layers": [2, 4], "kda_layers": [1, 3]}
    released = {"linear_attn_config": {**kinds, "num_heads": 3, "head_dim": 16, "short_conv_kernel_size": 4}}
    released |= dict.fromkeys(("layer_types", "linear_num_heads", "linear_head_dim"), "left out")
    assert small() == small(**released)
    written = settings_of("kimi_linear").to_dict()
    assert HybridConfig.from_dict(written) == small(rms_norm_eps=1e-5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mla_use_nope": False}, "mla_use_nope = False"),
        ({"moe_router_activation_func": "softmax"}, "moe_router_activation_func = 'softmax'"),
        ({"num_nextn_predict_layers": 1}, "num_nextn_predict_layers = 1"),
        ({"attention_bias": True}, "attention_bias = True"),
        ({"num_key_value_heads": 2}, "num_key_value_heads = 2"),
        ({"kv_lora_rank": "left out"}, "kv_lora_rank = None"),
        ({"v_head_dim": 0}, "v_head_dim = 0"),
        ({"q_lora_rank": "many"}, "q_lora_rank = 'many'"),
        ({"routed_scaling_factor": None}, "routed_scaling_factor = None"),
        ({"num_experts": 7, "num_expert_group": 2}, "2 groups of 7 experts"),
        ({"num_expert_group": 4, "topk_group": 5}, "topk_group = 5"),
        ({"num_expert_group": 4, "topk_group": 1}, "num_experts_per_tok = 3 of 2 experts"),
        ({"first_k_dense_replace": 9}, "first_k_dense_replace = 9 of 4 layers"),
        ({"mlp_layer_types": ["dense", "sparse"]}, "mlp_layer_types must name 4 layers"),
        ({"layer_types": ["linear_attention"] * 3}, "layer_types must name 4 layers"),
        (
            {"layer_types": None, "linear_attn_config": {"full_attn_layers": [2], "kda_layers": [1, 3]}},
            "do not name each of 4 layers once",
        ),
    ],
)
def test_what_is_not_computed_is_refused(change, said):
    with pytest.raises(ConfigUnsupported, match=said):
        small(**change)


def test_the_context_ends_where_the_checkpoint_says():
    from docqa.model.cost.plan import yarn_factor_for

    with pytest.raises(ContextTooLong, match="4,097 tokens are more than the longest context, 4,096"):
        yarn_factor_for(small(), 4_097)
