"""GGUF files read as checkpoints: the same numbers, the same logits as llama.cpp, and damage is
named.
"""

import json
from dataclasses import replace

import gguf
import pytest
import tiny
import torch
from family_checkpoints import FAMILIES
from gguf_files import finish, write_gguf
from llama_peer import compared_with_llama_cpp

from docqa.model.checkpoints.check import compare_with_transformers
from docqa.model.checkpoints.export import checkpoint_tensors, export
from docqa.model.checkpoints.network import load_network
from docqa.model.checkpoints.quantize import quantize
from docqa.model.config import HybridConfig
from docqa.model.errors import ConfigUnsupported, WeightsMismatch, WeightsMissing
from docqa.model.gguf.file import gguf_files
from docqa.model.load import load_model
from docqa.model.mtp import Mtp

KINDS = ("qwen3_5_text", "qwen3_5_moe_text", "qwen3_next")


def raw_of(kind, **change):
    """One size for keys and values, and experts in every layer: all that the format can say."""
    raw = {
        **FAMILIES[kind],
        "model_type": kind,
        "linear_value_head_dim": 8,
        "eos_token_id": 299,
        **change,
    }
    raw.pop("mlp_only_layers", None)
    return raw


def write(folder, kind, *, matrices="F32", mtp=False, **change):
    """A random checkpoint of `kind` beside the same one as a GGUF file, both in `folder`."""
    source = tiny.write_checkpoint(folder / "source", raw_of(kind, **change))
    config = HybridConfig.from_folder(source)
    tensors = checkpoint_tensors(source, config, torch.float32)
    more = {}
    if mtp:
        torch.manual_seed(2)
        module = Mtp(config)
        for parameter in module.parameters():
            parameter.data.normal_(0, 0.3)
        more = {f"mtp.{name}": part for name, part in module.state_dict().items()}
    (folder / "gguf").mkdir()
    path = folder / "gguf" / "tiny.gguf"
    write_gguf(source, path, matrices=matrices, more=more)
    return source, path, tensors | more


def test_a_file_is_a_model_beside_other_files(tmp_path):
    _, path, tensors = write(tmp_path, "qwen3_5_text")
    alone = load_model(path.parent, dtype="float32").fingerprint
    (path.parent / "other.gguf").write_bytes(path.read_bytes()[:100])
    with pytest.raises(WeightsMismatch, match="several GGUF files"):
        load_model(path.parent, dtype="float32")
    model = load_model(path, dtype="float32")
    assert (model.fingerprint, model.folder) == (alone, path)
    assert torch.allclose(model.network.state_dict()["norm.weight"], tensors["norm.weight"])


def test_a_part_of_a_split_file_means_all_its_parts(tmp_path):
    for name in (
        "a-00001-of-00002.gguf",
        "a-00002-of-00002.gguf",
        "b.gguf",
        "b-00001-of-00003.gguf",
    ):
        (tmp_path / name).touch()
    found = gguf_files(tmp_path / "a-00002-of-00002.gguf")
    assert [path.name for path in found] == ["a-00001-of-00002.gguf", "a-00002-of-00002.gguf"]
    assert gguf_files(tmp_path / "b.gguf") == [tmp_path / "b.gguf"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_tensor_comes_back_from_the_file(tmp_path, kind):
    source, path, tensors = write(tmp_path, kind, mtp=True)
    config = HybridConfig.from_folder(path.parent)
    assert config == replace(
        HybridConfig.from_folder(source), rope_parameters=config.rope_parameters
    )
    assert config.rotary_dim == 8 and config.rope_parameters["rope_theta"] == 10000.0
    model = load_model(path.parent, dtype="float32")
    for name, tensor in model.network.state_dict().items():
        assert torch.allclose(tensor, tensors[name], rtol=1e-6, atol=1e-6), name
    for name, tensor in model.mtp.state_dict().items():
        assert torch.allclose(tensor, tensors[f"mtp.{name}"], rtol=1e-6, atol=1e-6), name


@pytest.mark.parametrize("kind", KINDS)
def test_logits_equal_transformers_on_the_tensors_of_the_file(tmp_path, kind):
    _, path, _ = write(tmp_path, kind, matrices="BF16")
    result = compare_with_transformers(path.parent, lengths=(65,))
    print(kind, result["max_abs_diff"], result["transformers_fp32_vs_fp64"])
    assert result["argmax_equal"] and result["max_abs_diff"] < 2e-3


def test_blocks_of_4_bits_are_dequantized(tmp_path):
    change = {
        "moe_intermediate_size": 32,
        "shared_expert_intermediate_size": 32,
        "head_dim": 32,
        "linear_key_head_dim": 16,
        "linear_value_head_dim": 16,
    }
    _, path, tensors = write(tmp_path, "qwen3_5_moe_text", matrices="Q4_0", **change)
    network = load_network(
        path.parent, HybridConfig.from_folder(path.parent), torch.float32
    ).state_dict()
    name = "layers.0.mlp.experts.down_proj"
    error = (network[name] - tensors[name]).norm() / tensors[name].norm()
    assert 0.01 < error < 0.12  # 4 bits with one scale for 32
    right = gguf.quants.quantize(tensors[name].numpy(), gguf.GGMLQuantizationType.Q4_0)
    right = torch.from_numpy(gguf.quants.dequantize(right, gguf.GGMLQuantizationType.Q4_0))
    assert torch.equal(network[name], right)


def test_the_tokenizer_of_the_file_is_that_of_the_checkpoint(tmp_path):
    source, path, _ = write(tmp_path, "qwen3_5_text")
    inside, right = (
        load_model(folder, dtype="float32").tokenizer for folder in (path.parent, source)
    )
    for text in ("the  12 theatres in\n 3", "café 4.1(b) the"):
        assert inside.encode(text) == right.encode(text)
    assert inside.eos_ids[0] == 299 and inside.token_id("<|end|>") == 299


def test_a_file_is_quantized_and_exported_like_any_checkpoint(tmp_path):
    source, path, _ = write(tmp_path, "qwen3_next")
    quantize(path.parent, tmp_path / "q")
    export(path.parent, tmp_path / "hf")
    first, second = (
        load_model(folder, dtype="float32") for folder in (tmp_path / "q", tmp_path / "hf")
    )
    assert first.tokenizer.encode("the 12 in") == load_model(source).tokenizer.encode("the 12 in")
    assert second.tokenizer.eos_ids == (299,)
    right = load_network(path.parent, first.config, torch.float32).state_dict()
    for model, near in ((first, 0.12), (second, 0.004)):  # 4 bits, bf16
        for name, tensor in model.network.state_dict().items():
            assert (tensor - right[name]).norm() <= near * right[name].norm(), name


def changed(path, change):
    """The file written anew, its metadata and tensors changed by `change(fields, tensors)`."""
    reader = gguf.GGUFReader(path)
    fields = {name: field for name, field in reader.fields.items() if not name.startswith("GGUF.")}
    tensors = {tensor.name: tensor.data.copy() for tensor in reader.tensors}
    values = {name: (field.contents(), field.types) for name, field in fields.items()}
    change(values, tensors)
    writer = gguf.GGUFWriter(path, values.pop("general.architecture")[0])
    for name, (value, types) in values.items():
        writer.add_key_value(name, value, types[0], types[1] if len(types) > 1 else None)
    for name, data in tensors.items():
        writer.add_tensor(name, data)
    finish(writer)


def other_architecture(values, tensors):
    values["general.architecture"] = ("gemma3", values["general.architecture"][1])


def one_expert_less(values, tensors):
    name = "blk.1.ffn_up_exps.weight"
    tensors[name] = tensors[name][:-1].copy()


def more_heads(values, tensors):
    values["qwen35moe.attention.head_count"] = (12, values["qwen35moe.attention.head_count"][1])


def no_sizes(values, tensors):
    del values["qwen35moe.ssm.state_size"]


def half_of_a_split_file(values, tensors):
    values["split.count"] = (2, values["qwen35moe.ssm.state_size"][1])


def no_router(values, tensors):
    del tensors["blk.0.ffn_gate_inp.weight"]


def surprise(values, tensors):
    tensors["blk.0.surprise.weight"] = tensors["output_norm.weight"]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (other_architecture, ConfigUnsupported, "tiny.gguf: architecture 'gemma3'"),
        (one_expert_less, WeightsMismatch, "tiny.gguf: blk.1.ffn_up_exps.weight does not fit"),
        (
            more_heads,
            WeightsMismatch,
            r"tiny.gguf: blk.1.attn_q.weight gives .* \(192, 64\), the metadata expect \(384",
        ),
        (no_sizes, ConfigUnsupported, "tiny.gguf: the metadata lack qwen35moe.ssm.state_size"),
        (half_of_a_split_file, WeightsMissing, "one of 2 parts, 1 are there"),
        (no_router, WeightsMissing, "tiny.gguf: no tensor layers.0.mlp.gate.weight"),
        (surprise, WeightsMismatch, "tiny.gguf: unknown tensor blk.0.surprise.weight"),
    ],
)
def test_a_file_that_does_not_hold_what_it_says_is_refused(tmp_path, change, error, said):
    _, path, _ = write(tmp_path, "qwen3_5_moe_text")
    changed(path, change)
    with pytest.raises(error, match=said):
        load_model(path.parent, dtype="float32")


def test_split_file_is_one_model_and_missing_parts_are_named(tmp_path):
    _, path, tensors = write(tmp_path, "qwen3_5_text")
    reader = gguf.GGUFReader(path)
    (tmp_path / "parts").mkdir()
    writer = gguf.GGUFWriter(tmp_path / "parts" / "tiny.gguf", "qwen35", split_max_tensors=20)
    for name, field in reader.fields.items():
        if not name.startswith("GGUF.") and name != "general.architecture":
            kinds = field.types
            writer.add_key_value(
                name, field.contents(), kinds[0], kinds[1] if len(kinds) > 1 else None
            )
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data.copy())
    finish(writer)
    parts = sorted((tmp_path / "parts").glob("*.gguf"))
    assert len(parts) == 3
    network = load_model(tmp_path / "parts", dtype="float32").network.state_dict()
    assert all(
        torch.allclose(network[name], part, rtol=1e-6, atol=1e-6) for name, part in tensors.items()
    )
    parts[1].unlink()
    with pytest.raises(
        WeightsMissing, match="tiny-00001-of-00003.gguf is one of 3 parts, 2 are there"
    ):
        load_model(tmp_path / "parts")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["qwen3_5_moe_text", "qwen3_next"])
def test_llama_cpp_computes_the_same_from_the_file(tmp_path, kind):
    """Needs the package xllamacpp, which holds llama.cpp and does not install everywhere."""
    xllamacpp = pytest.importorskip("xllamacpp")
    _, path, _ = write(tmp_path, kind)
    compared = compared_with_llama_cpp(xllamacpp, path, load_model(path.parent, dtype="float32"))
    print(json.dumps({"kind": kind, "compared": compared}))
    assert compared >= 20
