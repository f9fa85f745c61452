"""`docqa bench`: its rows, what was not measured, and the image."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from docqa.app.lab.bench import at_once, machine, peers, run
from docqa.app.lab.bench.contexts import random_memory
from docqa.app.lab.bench.frames import interface_rows
from docqa.app.lab.bench.rows import Measurement, table
from docqa.kernels.attention import block_bounds
from docqa.model.config import HybridConfig
from docqa.model.folder import BUNDLED
from docqa.model.load import load_model
from docqa.model.state.long_attention import LongAttention

NAMES = {
    "prefill_8k",
    "decode_8k",
    "prefill_128k",
    "decode_1m",
    "twin_prefill_256k",
    "twin_decode_256k",
    "restore_100k",
    "train_step_32k",
    "tui_open",
    "tui_frame",
    "tui_frame_reading",
    *at_once.NAMES,
}


def test_a_ratio_compares_speeds_whatever_the_unit():
    assert Measurement("a", 300.0, "tokens/s", "p", 100.0, "").ratio == 3
    assert Measurement("a", 0.5, "s", "p", 2.0, "").ratio == 4
    assert Measurement("a", None, "s", "p", 2.0, "").ratio is None
    fields = Measurement("a", 1.0, "s", None, None, "how").fields()
    assert list(fields) == ["name", "value", "unit", "peer", "peer_value", "ratio", "method"]


def test_a_row_that_was_not_measured_says_why():
    lines = table([Measurement("twin", None, "tokens/s", "twin", None, "not measured: too long")])
    assert "not measured" in lines[1] and lines[-1].endswith("too long")


def test_opening_and_drawing_a_long_text_are_rows():
    opened, frame, reading = interface_rows(characters=100_000, frames=3)
    assert (opened.name, frame.name, reading.name) == ("tui_open", "tui_frame", "tui_frame_reading")
    assert all(row.value > 0 for row in (opened, frame, reading))
    assert "100,000 characters" in opened.method and "120x40" in frame.method


def test_the_machine_names_its_processor_and_kernels():
    found = machine.describe()
    assert found["processor"] and found["threads"] == torch.get_num_threads()
    assert found["kernels"] and found["versions"]["torch"] == torch.__version__


@pytest.mark.slow
@pytest.mark.weights
def test_every_row_of_the_contract_is_there_and_those_measured_have_figures():
    model = load_model()
    found = list(run.rows(model, long=False, prompt=300, context=36_864))
    assert {row.name for row in found} == NAMES
    assert {row.peer for row in found if row.name == "prefill_8k"} == {"transformers", "llama.cpp"}
    measured = {row.name for row in found if row.value is not None}
    assert {"prefill_8k", "decode_8k", "restore_100k", "help", "cold_ask"} <= measured
    assert all(row.value is not None or row.method.startswith("not measured: ") for row in found)


def test_llama_cpp_is_optional(monkeypatch):
    sizes = SimpleNamespace(linear_key_head_dim=64, linear_value_head_dim=32)
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    assert (
        peers.llama_missing(SimpleNamespace(config=sizes))
        == "not measured: xllamacpp is not installed"
    )
    monkeypatch.setattr(peers, "find_spec", lambda name: object())
    assert "shapes" in peers.llama_missing(SimpleNamespace(config=sizes))


@pytest.mark.slow
@pytest.mark.weights
def test_decoding_after_a_long_context_is_compared_with_a_short_one():
    row = run.decode_1m(load_model(), 2_048, 40_960)
    assert (row.name, row.peer, row.unit) == ("decode_1m", "decode_8k", "tokens/s")
    assert 0 < row.ratio < 1 and "40,960 random keys" in row.method


def test_a_context_too_large_for_memory_is_not_tried(monkeypatch):
    monkeypatch.setattr("docqa.app.lab.bench.run.available_memory_bytes", lambda: 1 << 30)
    row = run.decode_1m(SimpleNamespace(config=HybridConfig.from_folder(BUNDLED)))
    assert row.value is None and row.method.startswith("not measured: 4.")


def test_a_file_of_the_users_has_rows_of_its_own(monkeypatch):
    config = HybridConfig.from_folder(BUNDLED)
    tokenizer = SimpleNamespace(vocab_size=100)
    model = SimpleNamespace(config=config, tokenizer=tokenizer, precision="float32")
    monkeypatch.setattr(run, "available_memory_bytes", lambda: 1 << 20)
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    monkeypatch.setattr(run, "_in_turn", lambda sides, ids: {sides[0].name: (20.0, 2.0)})
    rows = list(run.against_peers(model, 100, Path("mine.gguf")))
    assert {(row.name, row.value) for row in rows} == {
        ("real_prefill_8k", 20.0),
        ("real_decode_8k", 2.0),
    }
    assert {row.peer for row in rows} == {"transformers", "llama.cpp"}
    assert all(row.method.startswith("not measured: ") and row.ratio is None for row in rows)


def test_an_answer_that_quotes_is_written_with_and_without_guesses(monkeypatch):
    asked = []

    def generate(model, state, *, max_tokens, lookup, stop_ids):
        asked.append((max_tokens, lookup))
        return [SimpleNamespace(token=ord(letter)) for letter in run.CLAUSE[:20]]

    monkeypatch.setattr(run, "generate", generate)
    tokenizer = SimpleNamespace(encode=list, decode=lambda ids: "".join(map(chr, ids[:10])) + "?")
    row = run.quoting(
        SimpleNamespace(
            tokenizer=tokenizer, new_state=lambda: None, prefill=lambda ids, state: None
        )
    )
    assert (row.name, row.unit, row.peer) == (
        "real_quoting",
        "tokens/s",
        "one by one",
    ) and row.ratio is not None
    assert "its first 10 characters of 11" in row.method
    assert {lookup for _, lookup in asked} == {True, False} and {count for count, _ in asked} == {
        run.QUOTED
    }


@pytest.mark.parametrize("half_keys", [False, True])
def test_random_contexts_are_kept_as_real_ones_are(half_keys):
    memory = random_memory(2, 8, 4_096, LongAttention(), half_keys=half_keys)
    assert [block.k_scale is None for block in memory.quantized] == [half_keys] * 2
    assert not torch.equal(memory.quantized[0].bounds, memory.quantized[1].bounds)
    for block in memory.quantized:
        right = block_bounds(block.unpack_part(slice(None), torch.float32)[0], 128)
        assert (
            block.bounds - right
        ).abs().max() < 4e-3  # of keys up to 6, which fp16 rounds by 2e-3


@pytest.mark.slow
@pytest.mark.weights
def test_both_sides_go_on_with_the_same_tokens():
    """The peer reads the same weights: its next tokens are docqa's, but for ties within
    rounding.
    """
    model = load_model(dtype="float32")
    ours = peers.Docqa(model)
    theirs = peers.Transformers(model)
    ids = run.random_ids(model, 200)
    ours.prefill(ids)
    with torch.inference_mode():
        right = theirs.network(ids[None]).logits[0, -1]
    assert (model.logits(ours.state.hidden) - right).abs().max() < 2e-2
