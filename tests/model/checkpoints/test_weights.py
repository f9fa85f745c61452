"""Checkpoint folders: names, shapes, shards, quantized matrices."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import tiny
import torch
from safetensors.torch import load_file, save_file

from docqa.model.checkpoints import weights
from docqa.model.checkpoints.formats.grouped import GROUP, dequantize, quantize_matrix
from docqa.model.checkpoints.network import load_network
from docqa.model.checkpoints.quantize import FILE_LIMIT, quantize
from docqa.model.checkpoints.weights import fingerprint
from docqa.model.config import HybridConfig
from docqa.model.errors import ConfigUnsupported, ModelNotFound, WeightsMismatch, WeightsMissing
from docqa.model.load import load_model

CONFIG = HybridConfig.from_dict(tiny.RAW)


def changed(folder, change):
    """A checkpoint whose tensors were changed by `change(dict)`."""
    tiny.write_checkpoint(folder)
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")
    return folder


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (
            lambda t: t.pop("model.layers.0.linear_attn.A_log"),
            WeightsMissing,
            "layers.0.linear_attn.A_log",
        ),
        (
            lambda t: t.update({"model.layers.0.surprise": torch.zeros(3)}),
            WeightsMismatch,
            "model.safetensors: unknown tensor model.layers.0.surprise",
        ),
        (
            lambda t: t.update({"model.norm.weight": torch.zeros(65)}),
            WeightsMismatch,
            r"norm.weight is \(65,\), config.json asks for \(64,\)",
        ),
    ],
)
def test_a_missing_unknown_or_odd_tensor_is_named(tmp_path, change, error, said):
    changed(tmp_path, change)
    with pytest.raises(error, match=said):
        load_model(tmp_path)


def test_the_picture_half_is_skipped_and_prefixes_do_not_matter(tmp_path):
    def rename(tensors):
        for name in list(tensors):
            tensors[name.replace("model.", "model.language_model.", 1)] = tensors.pop(name)
        tensors["model.visual.patch_embed.proj.weight"] = torch.zeros(2, 2)

    wrapped = load_network(changed(tmp_path / "a", rename), CONFIG, torch.float32)
    plain = load_network(tiny.write_checkpoint(tmp_path / "b"), CONFIG, torch.float32)
    pairs = zip(wrapped.state_dict().values(), plain.state_dict().values(), strict=True)
    assert all(torch.equal(x, y) for x, y in pairs)


def test_a_damaged_file_and_a_missing_shard_are_named(tmp_path):
    quantize(tiny.write_checkpoint(tmp_path / "a"), tmp_path / "q")
    shard = next((tmp_path / "q").glob("model-*.safetensors"))
    content = shard.read_bytes()
    shard.write_bytes(content[: len(content) // 2])
    with pytest.raises(WeightsMismatch, match=shard.name):
        load_model(tmp_path / "q")
    shard.unlink()
    with pytest.raises(WeightsMissing, match=shard.name):
        load_model(tmp_path / "q")
    with pytest.raises(ModelNotFound, match="no model folder"):
        load_model(tmp_path / "none")


def test_decays_and_norms_stay_in_float32(tmp_path):
    network = load_network(tiny.write_checkpoint(tmp_path), CONFIG, torch.bfloat16)
    kept = {n for n, t in network.state_dict().items() if t.dtype == torch.float32}
    assert {"layers.0.linear_attn.A_log", "layers.0.linear_attn.norm.weight", "norm.weight"} <= kept
    assert network.embed_tokens.weight.dtype == torch.bfloat16


@pytest.mark.parametrize("bits", [4, 8])
def test_a_quantized_matrix_is_what_its_formula_says_and_near_its_origin(bits):
    weight = torch.randn(6, 2 * GROUP, generator=tiny.seeded(0))
    q, scale, zero = quantize_matrix(weight, bits)
    right = torch.empty(6, 2 * GROUP)
    for row in range(6):
        for column in range(2 * GROUP):
            byte = int(q[row, column // 2 if bits == 4 else column])
            value = (byte >> 4 if column % 2 else byte & 15) if bits == 4 else byte
            group = column // GROUP
            right[row, column] = (value - zero[row, group].float()) * scale[row, group].float()
    assert torch.equal(dequantize(q, scale, zero), right)
    assert (right - weight).abs().max() < (0.35 if bits == 4 else 0.02) * 2


def test_a_quantized_folder_loads_and_small_vectors_are_untouched(tmp_path):
    source = tiny.write_checkpoint(tmp_path / "a")
    report = quantize(source, tmp_path / "q")
    exact, packed = (
        load_network(f, CONFIG, torch.float32).state_dict() for f in (source, tmp_path / "q")
    )
    for name, tensor in exact.items():
        gate = "in_proj_a" in name or "in_proj_b" in name
        quantized = tensor.ndim == 2 and tensor.shape[1] % GROUP == 0 and not gate
        assert torch.equal(tensor, packed[name]) != quantized, name
    assert all((tmp_path / "q" / name).stat().st_size <= FILE_LIMIT for name in report["files"])
    assert load_model(tmp_path / "q").tokenizer.eos_ids[0] == 299
    with pytest.raises(WeightsMismatch, match="quantized already"):
        quantize(tmp_path / "q", tmp_path / "qq")


def test_weights_over_the_limit_are_split(tmp_path, monkeypatch):
    monkeypatch.setattr("docqa.model.checkpoints.quantize.FILE_LIMIT", 1_020_000)
    source = tiny.write_checkpoint(tmp_path / "a")
    report = quantize(source, tmp_path / "q")
    index = json.loads((tmp_path / "q" / "model.safetensors.index.json").read_text())
    assert len(report["files"]) > 1 and set(index["weight_map"].values()) == set(report["files"])
    load_network(tmp_path / "q", CONFIG, torch.float32)


def test_the_fingerprint_follows_content_and_not_place(tmp_path):
    first, second = (tiny.write_checkpoint(tmp_path / name) for name in "ab")
    other = tiny.write_checkpoint(tmp_path / "c", seed=1)
    assert fingerprint(first) == fingerprint(second) != fingerprint(other)


EXPERTS = {
    "num_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 8,
    "shared_expert_intermediate_size": 8,
}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model_type": "mamba2"}, "model_type .mamba2. is not supported"),
        ({"hidden_act": "gelu"}, "hidden_act"),
        ({"layer_types": ["linear_attention"]}, "layer_types"),
        ({"num_key_value_heads": 4}, "num_attention_heads = 6"),
        ({"rope_parameters": {"rope_type": "longrope"}}, "longrope"),
        (
            {"rope_parameters": {"partial_rotary_factor": 0.2}},
            "partial_rotary_factor turns 3 of 16",
        ),
        ({"hidden_size": "64"}, "hidden_size = '64', a whole number"),
        ({"num_hidden_layers": 0}, "num_hidden_layers = 0, a whole number from 1"),
        ({"num_experts": 8}, "num_experts = 8 is not supported for qwen3_5_text"),
        ({"model_type": "qwen3_5_moe_text"}, "lacks a field of the architecture .num_experts"),
        (
            {"model_type": "qwen3_next", "num_experts": 4},
            "lacks .* .num_experts_per_tok, moe_intermediate_size, shared",
        ),
        (
            {"model_type": "qwen3_next", **EXPERTS, "num_experts_per_tok": 9},
            "num_experts_per_tok = 9 of num_experts = 4",
        ),
        (
            {"model_type": "qwen3_5_moe_text", **EXPERTS, "norm_topk_prob": False},
            "norm_topk_prob = False",
        ),
        ({"model_type": "qwen3_5_moe_text", **EXPERTS, "mlp_only_layers": [1]}, "mlp_only_layers"),
        (
            {"model_type": "qwen3_5_moe", "text_config": {"model_type": "qwen3_5_text"}},
            "around a text_config of",
        ),
    ],
)
def test_a_config_that_would_be_computed_wrongly_is_refused(change, named):
    with pytest.raises(ConfigUnsupported, match=named):
        HybridConfig.from_dict({**tiny.RAW, **change})


def test_a_refused_config_is_named_with_its_path(tmp_path):
    for content, said in (
        ('{"model_type": "gemma3"}', "'gemma3' is not supported"),
        ("[1]", "not a JSON object"),
        ("{", "JSON"),
    ):
        (tmp_path / "config.json").write_text(content)
        with pytest.raises(ConfigUnsupported, match=f"{tmp_path / 'config.json'}.*{said}"):
            HybridConfig.from_folder(tmp_path)


def test_a_wrapped_config_and_an_interval_are_understood():
    text = {
        k: v
        for k, v in tiny.RAW.items()
        if k not in ("layer_types", "tie_word_embeddings", "model_type")
    }
    config = HybridConfig.from_dict(
        {"model_type": "qwen3_5", "text_config": text, "tie_word_embeddings": True}
    )
    assert (
        config.layer_types == ("linear_attention",) * 3 + ("full_attention",)
        and config.tie_word_embeddings
    )


def test_the_lower_layers_grow_into_the_whole_network_without_being_read_again(checkpoint):
    config = HybridConfig.from_folder(checkpoint)
    whole = load_network(checkpoint, config, torch.float32)
    lower = load_network(checkpoint, config, torch.float32, 2)
    grown = load_network(checkpoint, config, torch.float32, known=lower)
    assert len(lower.layers) == 2
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, grown.state_dict()[name]), name
    for name, tensor in lower.state_dict().items():
        assert tensor.data_ptr() == grown.state_dict()[name].data_ptr(), name


def test_two_threads_sum_a_file_once_and_a_changed_one_anew(tmp_path):
    path = tmp_path / "some.safetensors"
    path.write_bytes(b"x" * 10_000_000)
    before = weights._cached_file_digest.cache_info().misses
    with ThreadPoolExecutor(2) as pool:
        sums = set(pool.map(weights.file_digest, [path] * 4))
    assert (
        sums == {hashlib.sha256(path.read_bytes()).digest()}
        and weights._cached_file_digest.cache_info().misses == before + 1
    )
    path.write_bytes(b"")
    assert weights.file_digest(path) == hashlib.sha256(b"").digest()
