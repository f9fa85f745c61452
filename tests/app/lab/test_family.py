"""The rows of the largest sparse model: some of its layers, with random weights and few experts in memory."""

import json
import sys
from dataclasses import asdict, replace

import pytest
import torch
from safetensors.torch import load_file

from docqa.app.lab.family import capped
from docqa.app.lab.family import rows as family
from docqa.app.lab.family.random_weights import write_random
from docqa.kernels.self_check import library
from docqa.model.config import HybridConfig

SMALL = {
    **family.NEXT_80B, "vocab_size": 49_152, "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
    "head_dim": 32, "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 32,
    "linear_value_head_dim": 32, "num_experts": 12, "num_experts_per_tok": 3, "moe_intermediate_size": 64,
    "shared_expert_intermediate_size": 64,
}  # fmt: skip
needs_native = pytest.mark.skipif(library() is None, reason="experts stay in 4 bits only beside native kernels")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    return folder, write_random(folder, SMALL)


@needs_native
def test_a_run_with_few_experts_in_memory_writes_the_same_logits(small, tmp_path):
    folder, config = small
    pooled, whole = family.orders(folder, config, prompt=100, decoded=3)
    found = {}
    for name, order in (("few", replace(pooled, cap_bytes=None)), ("all", whole)):
        found[name] = capped.run(replace(order, logits=str(tmp_path / name)))
    assert torch.equal(*(load_file(tmp_path / name)["logits"] for name in found))
    assert found["few"].pool_bytes * 4 <= found["all"].pool_bytes == family.expert_bytes(config)
    (block,), steps = found["few"].blocks, found["few"].steps
    assert len(block.layers) == len(steps[-1].layers) == 4 and all(block.layers)
    assert steps[-1].read + steps[-1].reused == 4 * 3
    assert all(mlp < layer for layer, mlp in zip(block.layers, block.mlps))
    assert capped.Measured.of_json(json.dumps(asdict(found["few"]))) == found["few"]


def test_layers_add_up_to_the_speed_of_the_whole_model():
    call = capped.Timed(1, [0.01, 0.02, 0.03, 0.1], [0.01] * 4, 0.2, 30, 10)
    config = HybridConfig.from_dict(family.NEXT_80B)
    layers = family.Layers.of([call] * 3)
    assert layers.speed(config) == pytest.approx(1 / (36 * 0.02 + 12 * 0.1 + 0.2))
    block = family.Layers.of([replace(call, tokens=100, layers=[1, 2, 3, 10])])
    assert block.speed(config) == pytest.approx(1 / (36 * 0.02 + 12 * 0.1 + 0.2 / 100))
    (prefill, decode, memory) = family.size_rows(
        config, capped.Order("", 4_096, 16, cap_bytes=2**31),
        capped.Measured([call], [call], 2**30, 2**30, 0), capped.Measured([call], [call], 0, 0, 0),
    )  # fmt: skip
    assert (prefill.name, decode.name, memory.name) == family.NAMES
    together = family.Layers.of([capped.Timed(1, [], [], 0.2, 30, 10, together=0.16)] * 3)
    assert together.speed(config) == pytest.approx(1 / (12 * 0.16 + 0.2)) and "40 ms in a layer" in together.describe()
    assert 10 < memory.value < 14 < 40 < memory.peer_value < 46  # GiB
    assert "637.0 MB a token from disk" in decode.method


def test_a_model_that_fits_is_measured_with_all_its_experts():
    call = capped.Timed(1, [0.01, 0.02, 0.03, 0.1], [0.01] * 4, 0.2, 0, 32)
    config, run = HybridConfig.from_dict(family.NEXT_35B), capped.Measured([call], [call], 0, 0, 0)
    prefill, decode, memory = family.all_there(config, capped.Order("", 4_096, 16), run)
    assert (prefill.name, decode.name, memory.name) == family.NAMES_35B
    assert prefill.value == decode.value == pytest.approx(1 / (30 * 0.02 + 10 * 0.1 + 0.2))
    assert 18 < memory.value < 24  # GiB: a laptop with 32 GB has them
    assert "all experts in memory" in memory.method


@needs_native
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA is held to only by Linux")
def test_a_period_of_80b_runs_with_a_quarter_of_its_experts(tmp_path):
    """Writes 4.4 GB; the peer takes 5 GB of memory."""
    config = write_random(tmp_path, {**family.NEXT_80B, "num_hidden_layers": family.PERIOD})
    pooled, whole = family.orders(tmp_path, config, prompt=256, decoded=4)
    few = family.measured(replace(pooled, logits=str(tmp_path / "few")))
    every = family.measured(replace(whole, logits=str(tmp_path / "all")))
    assert torch.equal(*(load_file(tmp_path / name)["logits"] for name in ("few", "all")))
    assert few.pool_bytes * 4 <= every.pool_bytes == family.expert_bytes(config)
    assert few.data_bytes <= pooled.cap_bytes < every.pool_bytes
    with pytest.raises(RuntimeError, match="memory"):  # so the limit does hold
        family.measured(replace(whole, cap_bytes=pooled.cap_bytes))
    for row in family.size_rows(HybridConfig.from_dict(family.NEXT_80B), pooled, few, every):
        print(row)
        assert row.value > 0
