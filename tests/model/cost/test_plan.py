"""The plan against what is really allocated, and the vectors and attention that rank passages."""

import numpy as np
import pytest
import tiny
import torch
from safetensors.torch import save_file

from docqa.model.config import HybridConfig
from docqa.model.cost.plan import (
    PROCESS_BYTES,
    TOKEN_BYTES,
    Speed,
    estimate,
    macs_per_token,
    parameters,
    state_bytes,
    yarn_factor_for,
)
from docqa.model.cost.speed import measure_speed
from docqa.model.errors import ContextTooLong, WeightsMismatch
from docqa.model.heads.evidence import EvidenceHead
from docqa.model.state.long_attention import LongAttention

CONFIG = HybridConfig.from_dict(tiny.RAW)


def test_parameters_are_counted_as_they_are():
    network = tiny.random_network(tiny.RAW)
    assert parameters(CONFIG)["total"] == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("count", [128, 300])
def test_state_bytes_are_those_of_a_real_state(model, count):
    state = tiny.started(model, count, grid=128, long=LongAttention(block=128))
    sizes = state_bytes(CONFIG, count, item=4, grid=128)
    held = tiny.held_bytes(*state.layers)
    assert held * 0.9 < sizes["fixed"] + sizes["kv"] < held * 1.2 + 4096


def test_the_factor_is_the_smallest_power_of_two_that_fits():
    assert [yarn_factor_for(CONFIG, n) for n in (1, 4096, 4097, 8192, 100_000, 1_048_576)] == [
        1,
        1,
        2,
        2,
        32,
        256,
    ]
    with pytest.raises(ContextTooLong, match="1,048,577 tokens"):
        yarn_factor_for(CONFIG, 1_048_577)


def test_longer_texts_take_more_of_everything():
    short = estimate(CONFIG, 1000)
    long = estimate(CONFIG, 200_000)
    assert long.seconds > short.seconds
    assert long.memory_bytes > short.memory_bytes and long.disk_bytes > short.disk_bytes


def test_seconds_come_from_the_two_speeds():
    dense, attention = macs_per_token(CONFIG, 1000)
    for speed in (Speed(dense * 100, float("inf")), Speed(float("inf"), attention * 100)):
        assert estimate(CONFIG, 1000, speed=speed).seconds == pytest.approx(10)


def test_planned_memory_counts_mapped_files_only_while_they_are_unpacked():
    plain = estimate(CONFIG, 1000)
    mapped = estimate(CONFIG, 1000, weights_on_disk=2**40)
    reading = plain.state_bytes + plain.scratch_bytes + 1000 * TOKEN_BYTES
    assert plain.memory_bytes == PROCESS_BYTES + plain.weights_bytes + reading
    assert estimate(CONFIG, 1000, weights_on_disk=1).memory_bytes == plain.memory_bytes
    assert mapped.memory_bytes == PROCESS_BYTES + plain.weights_bytes + 2**40


def test_a_trial_measures_both_speeds_and_leaves_no_state(model):
    speed = measure_speed(model)
    assert speed.dense > 0 and speed.attention > 0


def head_tensors():
    source = tiny.seeded(0)
    random = {name: torch.randn(8, 64, generator=source) for name in ("token", "question")}
    plain = {
        "mean": torch.zeros(64),
        "scale": torch.ones(64),
        "weight": torch.zeros(64),
        "bias": torch.zeros(()),
    }
    return random | plain


def test_hook_gets_the_output_of_the_evidence_layer_piece_by_piece(model):
    ids = tiny.random_ids(200)
    seen = []
    model.prefill(
        ids, model.new_state(grid=64), on_hidden=lambda at, hidden: seen.append((at, hidden))
    )
    whole = []
    model.network(ids[None], hooks={model.evidence_layer: whole.append})
    assert [at for at, _ in seen] == [0, 64, 128, 192] and model.evidence_layer == 3
    joined = torch.cat([hidden for _, hidden in seen])
    assert (
        torch.nn.functional.cosine_similarity(joined, whole[0][0]).min() > 0.98
    )  # int8 keys past the first block


def test_a_span_scores_its_best_token_for_every_question_token_by_weight():
    head = EvidenceHead(**{name: part.numpy() for name, part in head_tensors().items()})
    source = tiny.seeded(1)
    hidden, asked = (torch.randn(count, 64, generator=source).numpy() for count in (20, 3))
    tokens = head.token_vectors(hidden)
    question = head.question_vectors(asked)
    assert tokens.dtype == np.int8 and question.weights.sum() == pytest.approx(1)
    spans = [(0, 5), (5, 5), (5, 20)]
    scores = head.scores(question, tokens, spans)
    for score, (start, end) in zip(scores.tolist(), spans, strict=True):
        right = -1.0
        if end > start:
            best = [
                max(float(v @ (t / np.float32(127))) for t in tokens[start:end])
                for v in question.vectors
            ]
            right = sum(b * float(w) for b, w in zip(best, question.weights, strict=True))
        assert score == pytest.approx(right, abs=1e-5)


def test_a_folder_may_have_no_head_and_a_strange_file_is_refused(tmp_path):
    assert EvidenceHead.load(tmp_path) is None
    save_file(head_tensors(), tmp_path / "evidence.safetensors")
    head = EvidenceHead.load(tmp_path)
    assert head is not None and head.dim == 8
    save_file({"query.weight": torch.randn(8, 64)}, tmp_path / "evidence.safetensors")
    with pytest.raises(WeightsMismatch, match="evidence.safetensors"):
        EvidenceHead.load(tmp_path)


def test_packed_weights_count_as_large_as_their_files_and_nothing_is_unpacked():
    wide, packed = (
        estimate(CONFIG, 1000, item=4, weights_on_disk=10**6, packed=held) for held in (False, True)
    )
    assert (packed.weights_bytes, packed.mapped_bytes) == (10**6, 0)
    assert wide.weights_bytes == 4 * parameters(CONFIG)["total"] and wide.mapped_bytes == 10**6
    assert packed.seconds == wide.seconds
