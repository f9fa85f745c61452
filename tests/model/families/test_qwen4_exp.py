"""What a config.json of Qwen4-Exp says as transformers writes it, what it may leave out, and what is refused."""

import pytest
from family_checkpoints import HYBRIDS, settings_of

from docqa.model.config import HybridConfig
from docqa.model.cost.plan import estimate, parameters, state_bytes
from docqa.model.errors import ConfigUnsupported
from docqa.model.families.ngrams import Ngrams, primes_from

LARGE = {
    "model_type": "qwen4_exp_text", "vocab_size": 248_320, "hidden_size": 2_048, "num_hidden_layers": 8,
    "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "linear_num_key_heads": 16,
    "linear_num_value_heads": 32, "linear_key_head_dim": 128, "linear_value_head_dim": 128, "num_experts": 512,
    "num_experts_per_tok": 10, "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512,
    "indexer_n_heads": 16, "indexer_kv_heads": 1, "indexer_head_dim": 128, "indexer_budget": 2_048,
    "indexer_compress_ratio": 32, "ple_layer_ids": [2], "eos_token_id": 248_046,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e7, "partial_rotary_factor": 0.25},
}  # fmt: skip


def small(**change):
    raw = {**HYBRIDS["qwen4_exp_text"], "model_type": "qwen4_exp_text", **change}
    return HybridConfig.from_dict({name: value for name, value in raw.items() if value != "left out"})


def test_what_is_left_out_is_what_transformers_takes():
    import transformers

    ours, theirs = HybridConfig.from_dict(LARGE), transformers.Qwen4ExpTextConfig(**LARGE)
    names = ("hc_count", "hc_lowrank", "max_position_embeddings", "norm_topk_prob", "linear_conv_kernel_dim")
    assert {name: getattr(ours, name) for name in names} == {name: getattr(theirs, name) for name in names}
    assert [kind == "full_attention" for kind in ours.layer_types] == [
        kind == "indexed_attention" for kind in theirs.layer_types
    ]
    assert ours.ngrams == Ngrams(
        layers=(1,), width=theirs.ple_embed_dim, longest=theirs.ngram_size, heads=theirs.heads_per_ngram,
        base=theirs.ngram_vocab_size_base, multiple=theirs.make_ngram_vocab_size_divisible_by, seed=theirs.seed,
        eos=theirs.eos_token_id, taps=theirs.ple_conv_kernel_size,
    )  # fmt: skip
    assert not ours.sigmoid_gate and small(output_gate_type="sigmoid").sigmoid_gate


def test_a_whole_head_rotates_where_no_part_is_named():
    rope = {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4}}
    assert small(**rope).rotary_dim == 16


def test_what_transformers_writes_is_read_alike():
    assert HybridConfig.from_dict(settings_of("qwen4_exp_text").to_dict()) == small()
    wrapped = settings_of("qwen4_exp").to_dict()
    assert HybridConfig.from_dict(wrapped) == small()


def test_tables_and_multipliers_are_those_of_transformers():
    from transformers.models.qwen4_exp.modeling_qwen4_exp import Qwen4ExpTextNGramEmbedding

    settings, sizes = settings_of("qwen4_exp_text", seed=77), small(seed=77).ngrams
    for index, layer in enumerate(sizes.layers):
        theirs = Qwen4ExpTextNGramEmbedding(settings, sizes.width, layer, index)
        assert theirs.ngram_embedding.weight.shape == (sizes.rows(layer), sizes.row)
        assert theirs.ngram_heads_vocab_sizes.tolist() == list(sizes.sizes(layer))
        assert theirs.layer_multipliers.tolist() == list(sizes.multipliers(layer, settings.vocab_size))


def test_primes_begin_with_the_least_that_is_one():
    assert primes_from(1, 6) == (2, 3, 5, 7, 11, 13) and primes_from(20_000_000, 2) == (20_000_003, 20_000_023)


def test_a_table_is_planned_on_disk_and_everything_else_in_memory():
    config = HybridConfig.from_dict(LARGE)
    counts = parameters(config)
    assert round(counts["tables"] / 1e9) == 41 and counts["total"] - counts["tables"] < 15e9
    plain = HybridConfig.from_dict({**LARGE, "ple_layer_ids": None})
    more = counts["total"] - counts["tables"] - parameters(plain)["total"]
    assert 0 < more < 50e6  # projections and norms
    with_table, without = (estimate(each, 4_096, weights_on_disk=1) for each in (config, plain))
    assert 0 < with_table.memory_bytes - without.memory_bytes - 2 * more < 100e6


def test_an_index_takes_a_key_for_each_block_beside_keys_and_values():
    config = HybridConfig.from_dict(LARGE)
    sizes = state_bytes(config, 65_536)
    assert sizes["index"] == 2 * (65_536 // 32) * 128 * 2
    keys = 2 * (2 * (512 + 4)) + int(2 * 512 * 8 / 128)
    assert sizes["kv_per_token"] == keys + 2 * 128 * 2 // 32


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hc_count": 1}, "hc_count = 1"),
        ({"hc_count": "four"}, "hc_count = 'four'"),
        ({"hc_lowrank": 0}, "hc_lowrank = 0"),
        ({"output_gate_type": "tanh"}, "output_gate_type = 'tanh'"),
        ({"hidden_act": "gelu"}, "hidden_act = 'gelu'"),
        ({"attention_bias": True}, "attention_bias = True"),
        ({"mlp_only_layers": [1]}, r"mlp_only_layers = \[1\]"),
        ({"num_experts": "left out"}, "num_experts = None"),
        ({"num_experts_per_tok": 8}, "num_experts_per_tok = 8 of num_experts = 7"),
        ({"moe_intermediate_size": "left out"}, "moe_intermediate_size"),
        ({"layer_types": ["linear_attention"] * 3}, "layer_types must name 4 layers"),
        ({"layer_types": ["linear_attention"] * 3 + ["sliding_attention"]}, "layer_types must name 4 layers"),
        ({"layer_types": "all"}, "layer_types = 'all'"),
        ({"indexer_n_heads": "left out"}, "indexer_n_heads = None"),
        ({"indexer_kv_heads": 2}, "indexer_kv_heads = 2"),
        ({"indexer_head_dim": 0}, "indexer_head_dim = 0"),
        ({"indexer_head_dim": 6}, "turns 8 dims, indexer_head_dim = 6 has fewer"),
        ({"indexer_budget": 26}, "indexer_budget = 26 is not a multiple of indexer_compress_ratio = 4"),
        ({"indexer_compress_ratio": None}, "indexer_compress_ratio = None"),
        ({"ple_layer_ids": [2]}, r"ple_layer_ids = \[2\], 2 is no linear_attention layer"),
        ({"ple_layer_ids": [0, 1]}, "0 is no linear_attention layer"),
        ({"ple_layer_ids": [5]}, "5 is no linear_attention layer"),
        ({"ple_layer_ids": [[1]]}, r"\[1\] is no linear_attention layer"),
        ({"ple_layer_ids": 1.5}, "1.5 is no linear_attention layer"),
        ({"ple_embed_dim": 50}, "ple_embed_dim = 50 is not a multiple of the 4 heads"),
        ({"ple_embed_dim": -48}, "ple_embed_dim = -48"),
        ({"ple_conv_kernel_size": 0}, "ple_conv_kernel_size = 0"),
        ({"ngram_size": 1}, "ngram_size = 1"),
        ({"heads_per_ngram": True}, "heads_per_ngram = True"),
        ({"ngram_vocab_size_base": 10**18}, "ngram_vocab_size_base = 1000000000000000000"),
        ({"make_ngram_vocab_size_divisible_by": 0}, "make_ngram_vocab_size_divisible_by = 0"),
        ({"seed": "x"}, "seed = 'x'"),
        ({"eos_token_id": "left out"}, "eos_token_id = None"),
        ({"eos_token_id": []}, "eos_token_id = "),
        ({"eos_token_id": ["end"]}, "eos_token_id = 'end'"),
    ],
)
def test_what_is_not_computed_is_refused(change, said):
    with pytest.raises(ConfigUnsupported, match=said):
        small(**change)


@pytest.mark.parametrize(
    ("field", "value"),
    [("hc_count", 4), ("ple_layer_ids", [1]), ("indexer_budget", 24), ("output_gate_type", "sigmoid")],
)
def test_other_families_refuse_its_fields(field, value):
    raw = {**HYBRIDS["qwen4_exp_text"], "model_type": "qwen3_5_moe_text"}
    others = ("hc_count", "ple_layer_ids", "indexer_budget", "output_gate_type")
    with pytest.raises(ConfigUnsupported, match=f"{field} = .* is not supported for qwen3_5_moe_text"):
        HybridConfig.from_dict({name: at for name, at in raw.items() if name not in others} | {field: value})
