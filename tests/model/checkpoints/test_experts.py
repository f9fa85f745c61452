"""Experts on disk: the same network as with all of them in memory, and only what is needed is
read.
"""

import json
import os

import numpy as np
import pytest
import quantized_tensors as made
import tiny
import torch
from family_checkpoints import FAMILIES, pair, write_family

from docqa.kernels.moe import mix_experts, route
from docqa.kernels.moe.grouped import mix_grouped
from docqa.kernels.moe.native import mix_native
from docqa.kernels.self_check import library
from docqa.model.checkpoints.expert_files import ExpertFiles
from docqa.model.checkpoints.experts import MEMORY_VARIABLE, default_expert_budget
from docqa.model.checkpoints.network import load_network
from docqa.model.checkpoints.quantize import quantize
from docqa.model.checkpoints.weights import TensorSource
from docqa.model.config import HybridConfig
from docqa.model.cost.machine import parse_byte_size
from docqa.model.errors import ConfigUnsupported, NoMemory, WeightsMismatch, WeightsMissing
from docqa.model.load import load_model

IDS = tiny.random_ids(100)[None]
ONE = 3 * 24 * 64 * 4  # bytes of an expert in float32


@pytest.fixture(
    scope="module", params=["qwen3_next", "qwen3_5_moe"]
)  # experts apart, experts stacked
def folder(request, tmp_path_factory):
    where = tmp_path_factory.mktemp(request.param)
    write_family(where, request.param)
    return where


def pool_of(network):
    return next(iter(network.expert_banks().values())).pool


def sparse_layers(config):
    return sum(config.is_sparse_layer(number) for number in range(4))


def packed_network(folder, **more):
    """The network of a folder, with its matrices packed."""
    config = HybridConfig.from_folder(folder)
    return load_network(folder, config, torch.float32, packed=True, **more)


def expert_bytes(network):
    slots = pool_of(network).slots
    return slots.nbytes // slots.count


def after_each_of_five(model, state):
    """The hidden states of five more tokens."""
    return torch.stack([model.prefill(IDS[0, at : at + 1], state) for at in range(5)])


@pytest.mark.parametrize("room", [1, 4, 1000])
def test_a_pool_of_any_size_gives_the_bits_of_experts_in_memory(folder, room):
    config = HybridConfig.from_folder(folder)
    whole = load_network(folder, config, torch.float32)
    pooled = load_network(folder, config, torch.float32, expert_bytes=room * ONE + 10)
    assert torch.equal(pooled(IDS), whole(IDS))
    first = pool_of(pooled).read
    assert pool_of(pooled).slots.count <= room and first > 0
    assert torch.equal(pooled(IDS), whole(IDS))
    assert (pool_of(pooled).read == first) == (
        room == 1000
    )  # with room for all, nothing is read twice


def test_only_experts_that_tokens_are_sent_to_are_read(folder):
    config = HybridConfig.from_folder(folder)
    network = load_network(folder, config, torch.float32, expert_bytes=1000 * ONE)
    network(IDS[:, :1])
    sparse = sparse_layers(config)
    assert pool_of(network).read == sparse * config.num_experts_per_tok


def test_lower_layers_share_their_pool_with_the_whole_network(folder):
    config = HybridConfig.from_folder(folder)
    lower = load_network(folder, config, torch.float32, 2, expert_bytes=5 * ONE)
    grown = load_network(folder, config, torch.float32, known=lower)
    assert {id(bank.pool) for bank in grown.expert_banks().values()} == {id(pool_of(lower))}
    assert torch.equal(grown(IDS), load_network(folder, config, torch.float32)(IDS))


def test_text_is_read_and_continued_with_a_pool(folder):
    whole, pooled = (
        load_model(folder, dtype="float32", expert_bytes=room) for room in (None, 3 * ONE)
    )
    found = []
    for model in (whole, pooled):
        state = model.new_state(grid=64)
        model.prefill(IDS[0], state)
        found.append(after_each_of_five(model, state))
    assert torch.equal(*found)
    assert whole.network.expert_banks() == {} and pooled.network.expert_banks()


def test_experts_may_be_asked_for_otherwise_than_was_said(tmp_path):
    written_in_4_bits(tmp_path)
    whole = packed_network(tmp_path / "q")
    network = packed_network(tmp_path / "q", expert_bytes=2 * expert_bytes(whole))
    name = "layers.1.mlp.experts"
    bank = network.expert_banks()[name]
    right = whole.expert_banks()[name]
    bank.expect_experts([0, 1, 2, 3])
    for number in (3, 0, 2, 0, 5, 1):
        assert np.array_equal(bank.expert_matrices(number)[0].q, right.expert_matrices(number)[0].q)


def test_several_blocks_go_through_a_layer_and_read_its_experts_once(tmp_path):
    written_in_4_bits(tmp_path)
    one = expert_bytes(load_model(tmp_path / "q").network)
    found = []
    read = []
    for room in (7 * one, None):
        model = load_model(tmp_path / "q", expert_bytes=room)
        assert model.blocks_at_once == (1 if room is None else 4)
        state = model.new_state(grid=16)
        seen = []
        model.prefill(IDS[0, :5], state)
        pool = pool_of(model.network)
        before = pool.read
        model.prefill(
            IDS[0, 5:69],
            state,
            on_hidden=lambda at, hidden, seen=seen: seen.append((at, len(hidden))),
        )
        assert seen == [(5, 11), (16, 16), (32, 16), (48, 16), (64, 5)]
        read.append(pool.read - before)
        found.append(after_each_of_five(model, state))
    assert torch.equal(*found)
    sparse = sparse_layers(model.config)
    assert (
        read[0] <= 2 * sparse * model.config.num_experts
    )  # once for each of the two calls' layers


def test_a_pool_smaller_than_an_expert_and_a_missing_expert_are_refused(folder, tmp_path):
    config = HybridConfig.from_folder(folder)
    with pytest.raises(NoMemory, match="one takes 18,432"):
        load_network(folder, config, torch.float32, expert_bytes=ONE - 1)
    raw = json.loads((folder / "config.json").read_text())
    raw.get("text_config", raw)["num_experts"] = 8
    more = HybridConfig.from_dict(raw)
    with pytest.raises((WeightsMissing, WeightsMismatch), match="experts"):
        load_network(folder, more, torch.float32, expert_bytes=9 * ONE)(IDS)


def test_experts_are_pooled_only_where_memory_is_short(monkeypatch):
    config = HybridConfig.from_dict(
        {**FAMILIES["qwen3_5_moe_text"], "model_type": "qwen3_5_moe_text"}
    )
    every = 4 * config.num_experts * ONE
    monkeypatch.setattr("docqa.model.checkpoints.experts.available_memory_bytes", lambda: 2 * every)
    assert default_expert_budget(config, torch.float32) is None
    monkeypatch.setattr(
        "docqa.model.checkpoints.experts.available_memory_bytes", lambda: 2 * every - 2
    )
    assert default_expert_budget(config, torch.float32) == every - 1
    assert default_expert_budget(HybridConfig.from_dict(tiny.RAW), torch.float32) is None


@pytest.mark.parametrize(
    ("said", "meant"), [("9GiB", 9 << 30), ("1.5g", 3 << 29), ("512 MB", 1 << 29), ("77", 77)]
)
def test_memory_for_experts_is_said_as_people_write_it(said, meant):
    assert parse_byte_size(said) == meant


def test_the_environment_says_how_much_memory_experts_get(folder, monkeypatch):
    monkeypatch.setenv(MEMORY_VARIABLE, f"{3 * ONE / 1024}K")
    assert load_model(folder, dtype="float32").expert_pool_bytes == 3 * ONE
    monkeypatch.setenv(MEMORY_VARIABLE, "plenty")
    with pytest.raises(ConfigUnsupported, match="DOCQA_EXPERT_MEMORY = 'plenty' is not a size"):
        load_model(folder, dtype="float32")


def test_text_with_more_experts_than_slots_reuses_its_share(folder):
    config = HybridConfig.from_folder(folder)
    sparse = sparse_layers(config)
    network = load_network(folder, config, torch.float32, expert_bytes=4 * sparse * ONE)
    network(IDS)
    assert pool_of(network).reused == 0
    network(IDS)
    assert (
        pool_of(network).reused >= 3 * sparse
    )  # 4 of 7 are held, the last one of them passes through


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
    bank = packed.expert_banks()["layers.1.mlp.experts"]
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
    assert torch.equal(packed(IDS), packed_network(tmp_path / "q", expert_bytes=20_000)(IDS))


def written_in_4_bits(folder):
    """A checkpoint with experts in docqa's own 4 bits, in folder / "q"."""
    if library() is None:
        pytest.skip("the native library is not built or not for this processor")
    write_family(folder / "source", "qwen3_next", **WIDE)
    quantize(folder / "source", folder / "q")
    return HybridConfig.from_folder(folder / "q")


@pytest.mark.parametrize("room", [2, 5, None])
@pytest.mark.parametrize("threads", [1, 3])
def test_several_experts_a_call_have_the_bits_of_one_by_one(tmp_path, room, threads):
    config = written_in_4_bits(tmp_path)
    network = packed_network(tmp_path / "q")
    if room is not None:
        network = packed_network(tmp_path / "q", expert_bytes=room * expert_bytes(network))
    bank = network.expert_banks()["layers.1.mlp.experts"]
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


def test_a_packed_expert_in_a_damaged_or_missing_file_is_named(tmp_path):
    config = written_in_4_bits(tmp_path)
    network = packed_network(tmp_path / "q")
    bank = network.expert_banks()["layers.3.mlp.experts"]
    (path,) = (tmp_path / "q").glob("*.safetensors")
    whole = path.read_bytes()
    os.truncate(path, len(whole) // 2)
    with pytest.raises(WeightsMismatch, match=rf"{path.name} is damaged \(it ends at byte"):
        for number in range(config.num_experts):
            bank.expert_matrices(number)
    os.truncate(path, 4000)
    with pytest.raises(WeightsMismatch, match=f"{path.name} is damaged"):
        packed_network(tmp_path / "q")
    path.unlink()
    with pytest.raises(WeightsMissing, match=f"{path.name} is missing"):
        ExpertFiles().locate_tensor(TensorSource(path, "any"))


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be deleted there")
def test_experts_are_read_on_when_their_folder_is_deleted(tmp_path):
    written_in_4_bits(tmp_path)
    kept, other = (packed_network(tmp_path / "q") for _ in range(2))
    (path,) = (tmp_path / "q").glob("*.safetensors")
    wanted = other(IDS)
    path.unlink()
    assert torch.equal(kept(IDS), wanted)


def test_experts_in_fp8_are_read_one_at_a_time(tmp_path):
    def make(stem, shape, source):
        return made.fp8(stem, shape, source, block=(16, 32))

    plain, packed = pair(
        tmp_path, "qwen3_5_moe", make, {"quant_method": "fp8", "weight_block_size": [16, 32]}
    )
    config = HybridConfig.from_folder(packed)
    pooled = load_network(packed, config, torch.float32, expert_bytes=2 * ONE)
    assert torch.equal(pooled(IDS), load_network(plain, config, torch.float32)(IDS))
