"""What a config.json of OLMo Hybrid may leave out, and what is refused."""

import pytest
from family_checkpoints import HYBRIDS

from docqa.model.config import HybridConfig
from docqa.model.cost.plan import most_tokens, parameters, yarn_factor_for
from docqa.model.errors import ConfigUnsupported, ContextTooLong

ROPE = {"rope_type": "default", "rope_theta": None}
SEVEN_B = {
    "model_type": "olmo_hybrid", "vocab_size": 100_352, "hidden_size": 3_840, "intermediate_size": 11_008,
    "num_hidden_layers": 32, "num_attention_heads": 30, "rope_parameters": ROPE,
}  # fmt: skip


def read(**change):
    raw = {**HYBRIDS["olmo_hybrid"], "model_type": "olmo_hybrid", **change}
    return HybridConfig.from_dict({name: value for name, value in raw.items() if value != "left out"})


def test_what_is_left_out_is_what_transformers_takes():
    import transformers

    ours, theirs = HybridConfig.from_dict(SEVEN_B), transformers.OlmoHybridConfig(**SEVEN_B)
    names = ("num_key_value_heads", "linear_num_key_heads", "linear_num_value_heads", "linear_key_head_dim",
             "linear_value_head_dim", "linear_conv_kernel_dim", "max_position_embeddings", "rms_norm_eps")  # fmt: skip
    assert {name: getattr(ours, name) for name in names} == {name: getattr(theirs, name) for name in names}
    assert list(ours.layer_types) == theirs.layer_types and ours.negative_eigenvalues
    assert round(parameters(ours)["total"] / 1e9, 1) == 7.4


def test_without_rotation_the_context_ends_where_the_checkpoint_says():
    config = read()
    assert (config.rotary_dim, config.stretches, most_tokens(config)) == (0, False, 4_096)
    with pytest.raises(ContextTooLong, match="4,097 tokens are more than the longest context, 4,096"):
        yarn_factor_for(config, 4_097)
    turning = read(rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    assert (turning.rotary_dim, yarn_factor_for(turning, 4_097)) == (16, 2.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rope_parameters": None}, "rope_parameters names no rope_theta"),
        ({"rope_parameters": {"rope_type": "default", "rope_theta": "far"}}, "rope_theta = 'far'"),
        ({"rope_parameters": {**ROPE, "rope_theta": 1e4, "partial_rotary_factor": 0.5}}, "partial_rotary_factor = 0.5"),
        ({"rope_parameters": {"rope_type": "llama3", "rope_theta": 1e4}}, "rope_type 'llama3'"),
        ({"layer_types": ["linear_attention"] * 4}, "layers of both kinds"),
        ({"layer_types": ["linear_attention", "full_attention"] * 3}, "layer_types must name 4 layers"),
        ({"layer_types": ["linear_attention", "sliding_attention", "full_attention", "mamba"]}, "sliding_attention"),
        ({"hidden_size": "left out"}, "hidden_size = None"),
        ({"num_attention_heads": 0}, "num_attention_heads = 0"),
        ({"linear_num_key_heads": -2}, "linear_num_key_heads = -2"),
        ({"linear_num_value_heads": 5}, "linear_num_value_heads = 5 is not a multiple"),
        ({"intermediate_size": "left out"}, "intermediate_size"),
        ({"hidden_act": "gelu"}, "hidden_act = 'gelu'"),
        ({"linear_allow_neg_eigval": "yes"}, "linear_allow_neg_eigval = 'yes'"),
        ({"num_experts": 8}, "num_experts = 8"),
    ],
)
def test_what_is_not_computed_is_refused(change, said):
    with pytest.raises(ConfigUnsupported, match=said):
        read(**change)
