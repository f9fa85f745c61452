"""GGUF files of `qwen2`, `qwen3` and `llama`: names, biases, rotated rows, rope, tokenizer and chat
template inside.
"""

import json
from dataclasses import replace

import gguf
import numpy
import pytest
import tiny
import torch
from family_checkpoints import LLAMA3, TRANSFORMERS
from gguf_files import finish, write_gguf
from llama_peer import compared_with_llama_cpp

from docqa.model.checkpoints.check import compare_with_transformers
from docqa.model.checkpoints.export import export
from docqa.model.checkpoints.network import load_network
from docqa.model.checkpoints.quantize import quantize
from docqa.model.config import HybridConfig
from docqa.model.errors import ConfigUnsupported, TokenizerUnsupported, WeightsMismatch
from docqa.model.gguf.parser import GgufParser
from docqa.model.gguf.tokenizer import PRE_BY_PATTERN, vocabulary_spec
from docqa.model.load import load_model
from docqa.model.prompts.chat_template import ChatTemplate
from docqa.model.tokenizer import CheckpointTokenizer, byte_alphabet

TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}[assistant]"
)


def write(folder, family, *, matrices="F32", **change):
    """A random checkpoint beside the same one as a GGUF file."""
    source = tiny.write_checkpoint(
        folder / "source", {**TRANSFORMERS[family], "model_type": family, **change}
    )
    (source / "chat_template.jinja").write_text(TEMPLATE)
    path = folder / "tiny.gguf"
    write_gguf(source, path, matrices=matrices)
    return source, path


@pytest.mark.parametrize("family", TRANSFORMERS)
def test_a_file_gives_the_numbers_of_the_folder(tmp_path, family):
    source, path = write(tmp_path, family)
    config = HybridConfig.from_folder(path)
    right = HybridConfig.from_folder(source)
    assert replace(config, rope_parameters={}) == replace(right, rope_parameters={})
    assert torch.equal(config.rotary_frequencies()[0], right.rotary_frequencies()[0])
    assert compare_with_transformers(path, lengths=(65,))["max_abs_diff"] < 5e-5
    first, second = (
        load_network(folder, config, torch.float32).state_dict() for folder in (source, path)
    )
    assert first.keys() == second.keys() and all(
        torch.equal(part, second[name]) for name, part in first.items()
    )


def test_query_and_key_rows_of_llama_are_as_its_converter_writes_them(tmp_path):
    source, path = write(tmp_path, "llama")
    weight = (
        load_network(source, HybridConfig.from_folder(source), torch.float32)
        .layers[0]
        .self_attn.k_proj.weight
    )
    right = (
        weight.view(2, 2, 8, 96).transpose(1, 2).reshape(32, 96)
    )  # [heads, halves, pairs, hidden] in turns
    stored = GgufParser(path).tensors["blk.0.attn_k.weight"].data
    assert torch.equal(torch.from_numpy(stored.copy()), right) and not torch.equal(weight, right)


def test_rope_factors_of_a_file_are_those_of_llama3(tmp_path):
    source, path = write(tmp_path, "llama", rope_parameters=LLAMA3)
    right = HybridConfig.from_folder(source)
    found = HybridConfig.from_folder(path)
    assert len(found.rope_parameters["frequency_factors"]) == 8 and not found.can_stretch_context
    assert torch.allclose(found.rotary_frequencies()[0], right.rotary_frequencies()[0], rtol=1e-6)
    assert compare_with_transformers(path, lengths=(65,))["max_abs_diff"] < 5e-5
    with pytest.raises(ConfigUnsupported, match="divides its rotary frequencies one by one"):
        export(path, tmp_path / "out")


@pytest.mark.parametrize("matrices", ["BF16", "Q8_0", "Q4_1"])
def test_stored_types_are_read_near_their_floats(tmp_path, matrices):
    source, path = write(
        tmp_path, "qwen2", matrices=matrices, hidden_size=64, num_attention_heads=4
    )
    config = HybridConfig.from_folder(source)
    right = load_network(source, config, torch.float32).state_dict()
    found = load_network(path, config, torch.float32).state_dict()
    near = {"BF16": 0.005, "Q8_0": 0.01, "Q4_1": 0.12}[matrices]
    assert all((found[name] - part).norm() <= near * part.norm() for name, part in right.items())


@pytest.mark.parametrize("family", TRANSFORMERS)
def test_export_writes_what_is_read_again(tmp_path, family):
    source, path = write(tmp_path, family, matrices="BF16")
    export(path, tmp_path / "out")
    config = HybridConfig.from_folder(tmp_path / "out")
    first, second = (
        load_network(one, config, torch.float32).state_dict() for one in (path, tmp_path / "out")
    )
    assert all(
        torch.equal(part.bfloat16(), second[name].bfloat16()) for name, part in first.items()
    )


def test_chat_template_and_ends_of_a_turn_are_read_from_the_file(tmp_path):
    _, path = write(tmp_path, "qwen2", bos_token_id=299)
    template = ChatTemplate.load(path)
    assert template.render([{"role": "user", "content": "Hi"}]) == "<|end|>[user] Hi[assistant]"
    assert load_model(path, dtype="float32").tokenizer.eos_ids == (299,)
    quantize(path, tmp_path / "q")
    export(path, tmp_path / "hf")
    for folder in (tmp_path / "q", tmp_path / "hf"):
        assert (
            ChatTemplate.load(folder).render([{"role": "user", "content": "Hi"}])
            == "<|end|>[user] Hi[assistant]"
        )


def vocabulary(pre, kind="gpt2"):
    tokens = [*byte_alphabet(), "ab", "Ġab", "abc"]
    return {
        "tokenizer.ggml.model": kind,
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [1] * len(tokens),
        "tokenizer.ggml.merges": ["a b", "Ġ ab"],
    }


def test_whole_pieces_that_are_tokens_are_taken_under_llama_bpe(tmp_path):
    llama = CheckpointTokenizer(vocabulary_spec(vocabulary("llama-bpe"), tmp_path))
    other = CheckpointTokenizer(vocabulary_spec(vocabulary("qwen2"), tmp_path))
    assert [llama.decode([token]) for token in llama.encode("abc 1234 ab")] == [
        "abc",
        " ",
        "1",
        "2",
        "3",
        "4",
        " ab",
    ]
    assert [other.decode([token]) for token in other.encode("abc ab")] == ["ab", "c", " ab"]
    for text in ("abc 1234 ab", "don't abcabc\n\n abc", "été 12 345\r\n"):
        assert (
            llama.encode(text) == llama._slow_tokenizer.encode(text, add_special_tokens=False).ids
        )
    assert "llama-bpe" in PRE_BY_PATTERN.values()


@pytest.mark.parametrize(
    ("pre", "kind"), [("tekken", "gpt2"), (None, "llama"), ("default", "bert")]
)
def test_an_unknown_tokenizer_is_named_with_those_that_are_known(tmp_path, pre, kind):
    with pytest.raises(
        TokenizerUnsupported, match=f"tokenizer '{kind}' with pre-tokenizer '{pre}'.*qwen2.*smollm"
    ):
        vocabulary_spec(vocabulary(pre, kind), tmp_path / "model.gguf")


def test_a_type_of_blocks_that_is_not_known_is_named(tmp_path):
    _, path = write(tmp_path, "qwen2")
    content = path.read_bytes()
    name = b"blk.1.ffn_up.weight"
    at = content.index(name) + len(name) + 4 + 2 * 8  # after the number of axes and the axes
    assert content[at : at + 4] == b"\0\0\0\0"
    path.write_bytes(content[:at] + (250).to_bytes(4, "little") + content[at + 4 :])
    with pytest.raises(
        WeightsMismatch, match=r"tiny.gguf .*blk.1.ffn_up.weight is of type 250, which is not known"
    ):
        load_model(path)


def test_a_file_cut_off_or_changed_anywhere_is_refused_by_name(tmp_path):
    _, path = write(tmp_path, "llama")
    content = path.read_bytes()
    for part in (0, 3, 8, 20, 500, len(content) // 9, len(content) // 2, len(content) - 40):
        path.write_bytes(content[:part])
        with pytest.raises(WeightsMismatch, match=r"tiny.gguf is damaged or cut off"):
            load_model(path, dtype="float32")
    path.write_bytes(
        content[:8] + b"\xff" * 16 + content[24:]
    )  # more tensors and entries than bytes
    with pytest.raises(WeightsMismatch, match="entries are announced"):
        load_model(path, dtype="float32")


def test_experts_in_a_llama_file_are_refused(tmp_path):
    writer = gguf.GGUFWriter(tmp_path / "tiny.gguf", "llama")
    for add in (
        writer.add_block_count,
        writer.add_head_count,
        writer.add_context_length,
        writer.add_expert_count,
    ):
        add(2)
    writer.add_embedding_length(64)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tensor("token_embd.weight", numpy.zeros((300, 64), numpy.float32))
    finish(writer)
    with pytest.raises(ConfigUnsupported, match="'llama' with experts is not supported"):
        HybridConfig.from_folder(tmp_path / "tiny.gguf")


def test_metadata_and_tensors_are_those_of_the_gguf_package(tmp_path):
    _, path = write(tmp_path, "qwen3", matrices="Q8_0", hidden_size=64)
    ours = GgufParser(path)
    theirs = gguf.GGUFReader(path)
    fields = {
        name: field.contents()
        for name, field in theirs.fields.items()
        if not name.startswith("GGUF.")
    }
    assert ours.metadata == fields
    assert list(ours.tensors) == [tensor.name for tensor in theirs.tensors]
    for tensor in theirs.tensors:
        mine = ours.tensors[tensor.name]
        assert mine.tensor_type == tensor.tensor_type and mine.shape == tuple(
            tensor.shape.tolist()[::-1]
        )
        assert numpy.array_equal(mine.data, tensor.data)


@pytest.mark.slow
@pytest.mark.parametrize("family", TRANSFORMERS)
def test_llama_cpp_computes_the_same_from_the_file(tmp_path, family):
    """Needs the package xllamacpp, which holds llama.cpp and does not install everywhere."""
    xllamacpp = pytest.importorskip("xllamacpp")
    _, path = write(tmp_path, family)
    compared = compared_with_llama_cpp(xllamacpp, path, load_model(path, dtype="float32"))
    print(json.dumps({"family": family, "compared": compared}))
    assert compared >= 20
