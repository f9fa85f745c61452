"""The rows of the largest sparse models: some of their layers, with random weights."""

import pytest

from docqa.app.lab.family import rows as family
from docqa.kernels.self_check import library
from docqa.model.config import HybridConfig

SMALL = {
    **family.NEXT_80B, "vocab_size": 49_152, "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
    "head_dim": 32, "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 32,
    "linear_value_head_dim": 32, "num_experts": 12, "num_experts_per_tok": 3, "moe_intermediate_size": 64,
    "shared_expert_intermediate_size": 64,
}  # fmt: skip
needs_native = pytest.mark.skipif(library() is None, reason="experts stay in 4 bits only beside native kernels")


@needs_native
def test_a_period_is_written_and_timed_with_few_experts_and_with_all(tmp_path):
    pool = family.expert_bytes(family.written(tmp_path, SMALL)) // family.POOLED
    for expert_bytes in (pool, None):
        found = family.measured(family.Order(tmp_path, 100, 3, expert_bytes))
        assert found.read > 0 and found.write > 0 and found.head > 0


def test_layers_add_up_to_the_speed_of_the_whole_model():
    config = HybridConfig.from_dict(family.NEXT_80B)
    every, few = (family.Speeds(read=x, write=x, head=0.2) for x in (0.16, 0.32))
    prefill, decode, memory = family.size_rows("next80b", config, 100, every, few)
    assert (prefill.value, prefill.peer_value) == pytest.approx([1 / (12 * x + 0.2 / 100) for x in (0.32, 0.16)])
    assert (decode.value, decode.peer_value) == pytest.approx([1 / (12 * x + 0.2) for x in (0.32, 0.16)])
    assert 10 < memory.value < 14 < 40 < memory.peer_value < 46  # GiB
    assert "320 ms to read" in decode.method and decode.peer == "next80b_all_experts"
