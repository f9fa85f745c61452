"""Tables of n-grams on disk: rows of any shard, plain or packed, are read alone; what does not fit is named."""

import json
import sys
from pathlib import Path

import pytest
import tiny
import torch
from family_checkpoints import rewritten, transformers_class, write_family
from safetensors.torch import load_file

from docqa.model.checkpoints.check import check
from docqa.model.checkpoints.network import load_mtp, load_network
from docqa.model.checkpoints.quantize import quantize
from docqa.model.checkpoints.row_tables import MappedRows
from docqa.model.config import HybridConfig
from docqa.model.errors import ConfigUnsupported, WeightsMismatch, WeightsMissing
from docqa.model.load import load_model

TABLE = "model.layers.2.ple.ple_embedding.ngram_embedding"
HASH = "model.layers.2.ple.ple_embedding.layer_multipliers"


@pytest.fixture(scope="module")
def folder(folders):
    return folders("qwen4_exp_text")


def load(folder):
    return load_network(folder, HybridConfig.from_folder(folder), torch.float32)


def logits(folder):
    network = load(folder)
    with torch.inference_mode():
        return network.logits(network(tiny.random_ids(40)[None]))


def test_rows_of_all_shards_are_found_in_any_order():
    whole = torch.randn(23, 5)
    rows = MappedRows(whole.split(4), torch.float64)
    wanted = torch.tensor([22, 0, 3, 4, 22, 20, 19, 7, 0])
    assert torch.equal(rows.rows(wanted), whole[wanted].double())


def test_one_tensor_is_read_like_its_shards(folder, tmp_path):
    def joined(tensors):
        count = sum(name.startswith(f"{TABLE}.shard_") for name in tensors)
        assert count == 11
        whole = torch.cat([tensors.pop(f"{TABLE}.shard_{number}.weight") for number in range(count)])
        return tensors | {f"{TABLE}.weight": whole}

    assert torch.equal(logits(rewritten(folder, tmp_path / "one", joined)), logits(folder))


def test_whole_numbers_of_the_hash_may_be_left_out(folder, tmp_path):
    def without(tensors):
        return {name: part for name, part in tensors.items() if part.is_floating_point()}

    assert torch.equal(logits(rewritten(folder, tmp_path / "less", without)), logits(folder))


def test_another_hash_than_that_of_the_config_is_refused(folder, tmp_path):
    wrong = rewritten(folder, tmp_path / "wrong", lambda tensors: tensors | {HASH: tensors[HASH] + 2})
    with pytest.raises(WeightsMismatch, match=f"{HASH} is not what seed, vocab_size and ngram_vocab_size_base of"):
        load(wrong)
    (folder_of_config := tmp_path / "seed").mkdir()
    for path in folder.iterdir():
        (folder_of_config / path.name).write_bytes(path.read_bytes())
    raw = json.loads((folder / "config.json").read_text())
    (folder_of_config / "config.json").write_text(json.dumps(raw | {"seed": 5}))
    with pytest.raises(WeightsMismatch, match="layer_multipliers is not what seed"):
        load(folder_of_config)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda tensors, name: tensors.pop(name), WeightsMismatch, "shard_0.weight is .*config.json asks for"),
        (lambda tensors, name: tensors.update({name: tensors[name][:-1]}), WeightsMismatch, "shard_10.weight is "),
        (lambda tensors, name: tensors.update({name: tensors[name].int()}), ConfigUnsupported, "no single rows of"),
    ],
)
def test_a_shard_that_is_gone_short_or_quantized_is_named(folder, tmp_path, change, error, said):
    def changed(tensors):
        change(tensors, f"{TABLE}.shard_10.weight")
        return tensors

    with pytest.raises(error, match=said):
        load(rewritten(folder, tmp_path / "changed", changed))


def test_a_table_that_is_missing_is_named(folder, tmp_path):
    def without(tensors):
        return {name: part for name, part in tensors.items() if not name.startswith(TABLE)}

    with pytest.raises(WeightsMissing, match="no tensor layers.2.ple.ple_embedding.ngram_embedding.weight"):
        load(rewritten(folder, tmp_path / "less", without))


@pytest.mark.parametrize("bits", [4, 8])
def test_rows_of_a_quantized_table_are_unpacked_one_by_one(tmp_path, bits):
    write_family(tmp_path / "plain", "qwen4_exp_text", ple_embed_dim=256, split_ngram_parts=3)
    quantize(tmp_path / "plain", tmp_path / "small", bits=bits)
    result = check(tmp_path / "small", lengths=(65,))
    assert result["max_abs_diff"] < 1e-4
    packed, dense = load_model(tmp_path / "small"), load_model(tmp_path / "small", dtype="float32")
    ids = tiny.random_ids(70)
    ours, right = (model.logits(model.prefill(ids, model.new_state())) for model in (packed, dense))
    assert (ours - right).abs().max() < 0.05 * right.abs().max()


def test_a_module_of_multi_token_prediction_is_left_alone(folder, tmp_path):
    def added(tensors):
        return tensors | {"mtp.fc.weight": torch.zeros(64, 128), "mtp.norm.weight": torch.zeros(64)}

    more = rewritten(folder, tmp_path / "more", added)
    assert torch.equal(logits(more), logits(folder))
    assert load_mtp(more, HybridConfig.from_folder(more), torch.float32) is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_only_the_rows_that_are_asked_for_come_into_memory(folder, tmp_path):
    """Tables of 1.9 GB, of which nothing but the few rows of a short text is ever written or read."""
    base = 5_000_000
    raw = json.loads((folder / "config.json").read_text()) | {"ngram_vocab_size_base": base}
    (tmp_path / "config.json").write_text(json.dumps(raw))
    config = HybridConfig.from_folder(tmp_path)
    _write_sparse(tmp_path, load_file(folder / "model.safetensors"), config)
    before = _resident()
    network = load(tmp_path)
    with torch.inference_mode():
        out = network(tiny.random_ids(200)[None])
    assert torch.isfinite(out).all() and _resident() - before < 100e6


def _resident():
    """Bytes of this process that are in memory, those of mapped files among them."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096


def _write_sparse(folder, tensors, config):
    """A checkpoint whose tables are holes in a file: they read as zeros and take no room."""
    kept = {name: part for name, part in tensors.items() if part.is_floating_point() and "shard" not in name}
    shapes = {name: list(part.shape) for name, part in kept.items()}
    for layer in (0, 2):
        name = f"model.layers.{layer}.ple.ple_embedding.ngram_embedding.weight"
        shapes[name] = [config.ngrams.rows(layer), config.ngrams.row]
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 4 * torch.Size(shape).numel()
        header[name], at = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}, at + size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for part in kept.values():
            file.write(part.contiguous().numpy().tobytes())
        file.truncate(8 + len(text) + at)


def test_transformers_reads_the_same_logits_from_the_wrapped_model(tmp_path):
    write_family(tmp_path, "qwen4_exp")
    theirs = transformers_class("qwen4_exp")[1].from_pretrained(tmp_path, attn_implementation="eager").eval()
    with torch.inference_mode():
        right = theirs(tiny.random_ids(40)[None]).logits
    assert (logits(tmp_path) - right).abs().max() < 1e-4
