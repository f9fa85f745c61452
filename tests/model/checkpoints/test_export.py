"""Exports: what transformers makes of the folder, and every number of a GGUF file taken back by its
own rules.
"""

import gguf
import pytest
import tiny
import torch
from family_checkpoints import write_family
from llama_peer import compared_with_llama_cpp
from transformers import AutoModelForCausalLM, AutoTokenizer

from docqa.app.lab.bench.gguf_writer import write_gguf
from docqa.model.checkpoints.export import checkpoint_tensors, export
from docqa.model.checkpoints.network import load_network
from docqa.model.checkpoints.quantize import quantize
from docqa.model.config import HybridConfig
from docqa.model.load import load_model

RAW = {
    **tiny.RAW,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
}  # a GGUF file has one size for both
KEY_HEADS = 2
VALUE_HEADS = 6
DIM = 8


def transformers_of(folder):
    model, report = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True
    )
    assert not any(report.values()), report
    return model.eval()


@pytest.mark.parametrize("quantized", [False, True])
@pytest.mark.parametrize("tied", [True, False])
def test_transformers_loads_the_exported_folder_with_the_same_logits(tmp_path, quantized, tied):
    source = tiny.write_checkpoint(tmp_path / "source", {**tiny.RAW, "tie_word_embeddings": tied})
    if quantized:
        quantize(source, tmp_path / "small")
        source = tmp_path / "small"
    export(source, tmp_path / "out")
    theirs = transformers_of(tmp_path / "out")
    ids = tiny.random_ids(80)[None]
    config = HybridConfig.from_folder(source)
    ours, before = (
        load_network(folder, config, torch.float32) for folder in (tmp_path / "out", source)
    )
    with torch.inference_mode():
        right = theirs(ids).logits
        assert (ours.logits(ours(ids)) - right).abs().max() < 2e-3
    for name, tensor in before.state_dict().items():
        kept = ours.state_dict()[name]
        wide = name.endswith(("A_log", "dt_bias", "norm.weight"))
        assert torch.equal(kept, tensor if wide else tensor.to(torch.bfloat16).float()), name


@pytest.mark.parametrize("family", ["qwen3_next", "qwen3_5_moe"])
def test_transformers_loads_an_exported_model_of_experts(tmp_path, family):
    write_family(tmp_path / "source", family)
    export(tmp_path / "source", tmp_path / "out")
    theirs = transformers_of(tmp_path / "out")
    ids = tiny.random_ids(80)[None]
    ours = load_network(tmp_path / "out", HybridConfig.from_folder(tmp_path / "out"), torch.float32)
    with torch.inference_mode():
        assert (ours.logits(ours(ids)) - theirs(ids).logits).abs().max() < 5e-4


def test_transformers_splits_text_as_the_source_does(tmp_path):
    source = tiny.write_checkpoint(tmp_path / "source")
    export(source, tmp_path / "out")
    theirs = AutoTokenizer.from_pretrained(tmp_path / "out")
    ours = load_model(source, dtype="float32").tokenizer
    for text in ("the  12 theatres in\n 3", "caf\u00e9 4.1(b) the", "\u0663 a"):
        assert theirs(text)["input_ids"] == ours.encode(text)
    assert theirs.eos_token == "<|end|>"


def read_back(path):
    """Tensors in the shapes that numpy has them, float32, and the metadata."""
    reader = gguf.GGUFReader(path)
    tensors = {
        item.name: torch.from_numpy(gguf.quants.dequantize(item.data, item.tensor_type).copy())
        for item in reader.tensors
    }
    return tensors, {name: field.contents() for name, field in reader.fields.items()}


def grouped(x, dim):
    """Rows of value heads, head by head from the file's order (n reads key head n mod 2) to the
    checkpoint's.
    """
    out = torch.empty_like(x)
    for number in range(VALUE_HEADS):
        key_head = number % KEY_HEADS
        turn = number // KEY_HEADS
        home = key_head * (VALUE_HEADS // KEY_HEADS) + turn
        out[home * dim : (home + 1) * dim] = x[number * dim : (number + 1) * dim]
    return out


def delta_from_file(blk):
    """The tensors of a delta net's block as a checkpoint names them."""
    keys = 2 * KEY_HEADS * DIM
    qkv = blk("attn_qkv.weight")
    conv = blk("ssm_conv1d.weight")
    return {
        "in_proj_qkv.weight": torch.cat([qkv[:keys], grouped(qkv[keys:], DIM)]),
        "conv1d.weight": torch.cat([conv[:keys], grouped(conv[keys:], DIM)])[:, None],
        "in_proj_z.weight": grouped(blk("attn_gate.weight"), DIM),
        "in_proj_a.weight": grouped(blk("ssm_alpha.weight"), 1),
        "in_proj_b.weight": grouped(blk("ssm_beta.weight"), 1),
        "A_log": grouped(blk("ssm_a"), 1).neg().log(),
        "dt_bias": grouped(blk("ssm_dt.bias"), 1),
        "norm.weight": blk("ssm_norm.weight"),
        "out_proj.weight": grouped(blk("ssm_out.weight").T.contiguous(), DIM).T,
    }


def attention_from_file(blk):
    parts = {f"{p}_proj.weight": blk(f"attn_{p}.weight") for p in "qkv"}
    norms = {f"{p}_norm.weight": blk(f"attn_{p}_norm.weight") - 1 for p in "qk"}
    return {**parts, **norms, "o_proj.weight": blk("attn_output.weight")}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gguf")
    source = tiny.write_checkpoint(folder / "source", RAW)
    config = HybridConfig.from_folder(source)
    write_gguf(
        config,
        checkpoint_tensors(source, config, torch.float32),
        folder / "tiny.gguf",
        matrices="F32",
    )
    return source, folder / "tiny.gguf"


def test_every_tensor_of_the_gguf_file_leads_back_to_the_checkpoint(exported):
    source, path = exported
    held, _ = read_back(path)
    found = {
        "embed_tokens.weight": held.pop("token_embd.weight"),
        "norm.weight": held.pop("output_norm.weight") - 1,
    }
    for number, kind in enumerate(RAW["layer_types"]):

        def blk(name, number=number):
            return held.pop(f"blk.{number}.{name}")

        prefix = f"layers.{number}."
        found[f"{prefix}input_layernorm.weight"] = blk("attn_norm.weight") - 1
        found[f"{prefix}post_attention_layernorm.weight"] = blk("post_attention_norm.weight") - 1
        for name in ("gate", "up", "down"):
            found[f"{prefix}mlp.{name}_proj.weight"] = blk(f"ffn_{name}.weight")
        linear = kind == "linear_attention"
        mixer, parts = (
            ("linear_attn", delta_from_file(blk))
            if linear
            else ("self_attn", attention_from_file(blk))
        )
        found |= {f"{prefix}{mixer}.{name}": part for name, part in parts.items()}
    assert not held
    right = load_network(source, HybridConfig.from_dict(RAW), torch.float32).state_dict()
    assert set(found) == set(right)
    for name, tensor in right.items():
        assert torch.allclose(found[name], tensor.float(), rtol=1e-6, atol=1e-6), name


def test_the_gguf_file_says_what_the_model_is(exported):
    _, path = exported
    _, said = read_back(path)
    assert said["general.architecture"] == "qwen35"
    assert said["qwen35.attention.recurrent_layers"] == [True, False, True, False]
    assert (said["qwen35.ssm.group_count"], said["qwen35.ssm.time_step_rank"]) == (
        KEY_HEADS,
        VALUE_HEADS,
    )
    assert said["qwen35.rope.dimension_count"] == 8 and said["qwen35.rope.dimension_sections"] == [
        2,
        1,
        1,
        0,
    ]
    assert len(said["tokenizer.ggml.tokens"]) == 300


def test_export_into_a_folder_with_content_is_refused(tmp_path, checkpoint):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OSError, match="not empty"):
        export(checkpoint, tmp_path / "out")
    assert [path.name for path in tmp_path.rglob("*.txt")] == ["mine.txt"]


@pytest.mark.slow
def test_llama_cpp_computes_what_docqa_computes(exported):
    """Needs the package xllamacpp, which holds llama.cpp; the development extra does not install
    it.
    """
    xllamacpp = pytest.importorskip("xllamacpp")
    source, path = exported
    assert compared_with_llama_cpp(xllamacpp, path, load_model(source, dtype="float32")) >= 20
