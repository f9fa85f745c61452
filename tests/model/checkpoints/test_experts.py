"""Experts in the bits of their file, and a sparse model that memory has no room for."""

import os

import pytest
import tiny
import torch
from family_checkpoints import write_family

from docqa.kernels.moe import mix_experts, route
from docqa.kernels.moe.grouped import mix_grouped
from docqa.kernels.moe.native import mix_native
from docqa.kernels.self_check import library
from docqa.model.checkpoints.network import load_network
from docqa.model.checkpoints.quantize import quantize
from docqa.model.config import HybridConfig
from docqa.model.errors import NoMemory, WeightsMismatch, WeightsMissing
from docqa.model.load import load_model

IDS = tiny.random_ids(100)[None]


@pytest.fixture(
    scope="module", params=["qwen3_next", "qwen3_5_moe"]
)  # experts apart, experts stacked
def folder(request, tmp_path_factory):
    where = tmp_path_factory.mktemp(request.param)
    write_family(where, request.param)
    return where


def packed_network(folder, **more):
    """The network of a folder, with its matrices packed."""
    config = HybridConfig.from_folder(folder)
    return load_network(folder, config, torch.float32, packed=True, **more)


def test_a_model_with_experts_that_memory_has_no_room_for_is_refused(folder, monkeypatch):
    monkeypatch.setattr("docqa.model.device.available_memory_bytes", lambda: 1000)
    with pytest.raises(NoMemory, match=r"need 0\.0 GiB and 0\.0 GiB are free; .*llamacpp:NAME"):
        load_model(folder, dtype="float32")


WIDE = {"moe_intermediate_size": 64, "shared_expert_intermediate_size": 64}  # whole groups of 64


@pytest.mark.parametrize("family", ["qwen3_next", "qwen3_5_moe"])
def test_a_checkpoint_quantized_by_docqa_keeps_its_experts_in_4_bits(tmp_path, family):
    write_family(tmp_path / "source", family, **WIDE)
    quantize(tmp_path / "source", tmp_path / "q")
    config = HybridConfig.from_folder(tmp_path / "q")
    dense = load_network(tmp_path / "q", config, torch.float32)
    exact = load_network(tmp_path / "source", config, torch.float32)
    name = "layers.1.mlp.experts.down_proj"
    error = (dense.state_dict()[name] - exact.state_dict()[name]).norm() / exact.state_dict()[
        name
    ].norm()
    assert 0.01 < error < 0.12
    assert torch.equal(dense.layers[0].mlp.gate.weight, exact.layers[0].mlp.gate.weight)
    if library() is None:
        pytest.skip("the native library is not built or not for this processor")
    packed = packed_network(tmp_path / "q")
    bank = packed.expert_modules()["layers.1.mlp.experts"].bank
    assert bank.expert_matrices(2)[0].bits == 4
    for number in range(config.num_experts):
        gate_up, down = bank.expert_matrices(number)
        assert torch.equal(gate_up.dense(), dense.layers[1].mlp.experts.gate_up_proj[number])
        assert torch.equal(down.dense(), dense.layers[1].mlp.experts.down_proj[number])
    x = torch.randn(30, 64, generator=tiny.seeded(0))
    chosen = torch.randint(0, 3, (30, 1))
    weights = torch.ones(30, 1)
    right = dense.layers[1].mlp.experts(x, chosen, weights)
    assert (mix_experts(x, chosen, weights, bank) - right).norm() / right.norm() < 0.02


def written_in_4_bits(folder):
    """A checkpoint with experts in docqa's own 4 bits, in folder / "q"."""
    if library() is None:
        pytest.skip("the native library is not built or not for this processor")
    write_family(folder / "source", "qwen3_next", **WIDE)
    quantize(folder / "source", folder / "q")
    return HybridConfig.from_folder(folder / "q")


@pytest.mark.parametrize("threads", [1, 3])
def test_several_experts_a_call_have_the_bits_of_one_by_one(tmp_path, threads):
    config = written_in_4_bits(tmp_path)
    network = packed_network(tmp_path / "q")
    bank = network.expert_modules()["layers.1.mlp.experts"].bank
    source = tiny.seeded(5)
    for count in (1, 30, 700):
        x, logits = (
            torch.randn(count, width, generator=source) for width in (64, config.num_experts)
        )
        logits[:, 2] += 5  # nearly all tokens are sent to one of them
        chosen, weights = route(logits, 3)
        right = mix_grouped(x, chosen, weights, bank)
        several = mix_native(x, chosen, weights, bank, library=library()._replace(threads=threads))
        assert torch.equal(several, right)


def test_packed_experts_in_a_damaged_or_missing_file_are_named(tmp_path):
    written_in_4_bits(tmp_path)
    (path,) = (tmp_path / "q").glob("*.safetensors")
    os.truncate(path, 4000)
    with pytest.raises(WeightsMismatch, match=f"{path.name} is damaged"):
        packed_network(tmp_path / "q")
    path.unlink()
    with pytest.raises(WeightsMissing, match="safetensors"):
        packed_network(tmp_path / "q")


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be deleted there")
def test_experts_are_read_on_when_their_folder_is_deleted(tmp_path):
    written_in_4_bits(tmp_path)
    kept, other = (packed_network(tmp_path / "q") for _ in range(2))
    (path,) = (tmp_path / "q").glob("*.safetensors")
    wanted = other(IDS)
    path.unlink()
    assert torch.equal(kept(IDS), wanted)
