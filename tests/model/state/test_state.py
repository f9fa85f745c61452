"""State: fork, save and load; the cached answer is the cold answer, bit for bit."""

import json
import os
import stat

import pytest
import tiny
import torch
from family_checkpoints import GRID, answer
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.model.decode.generate import generate
from docqa.model.errors import Cancelled, ContextTooLong, StateDamaged, StateForeign
from docqa.model.state.files import load_state, save_state
from docqa.model.state.header import load_header
from docqa.model.state.long_attention import LongAttention, attention_kind

LONG = LongAttention(exact=192, local=64, best=2, block=16)


def read(model, ids, on_block=lambda state: None):
    state = model.new_state(grid=GRID)
    for piece in torch.as_tensor(ids).split(GRID):
        model.prefill(piece, state)
        if len(piece) == GRID:
            on_block(state)
    return state


def test_a_fork_does_not_move_its_origin(model):
    ids = tiny.random_ids(200)
    state = read(model, ids[:128])  # whole blocks: a straight run adds up the same
    before = answer(model, state)
    model.prefill(tiny.random_ids(70, 3), state.fork())
    assert state.position == 128 and torch.equal(answer(model, state), before)
    model.prefill(ids[128:], state)
    assert torch.equal(answer(model, state), answer(model, read(model, ids)))


@pytest.mark.parametrize("count", [1, 63, 64, 65, 150, 192])
def test_a_loaded_state_goes_on_like_the_saved_one(model, tmp_path, count):
    state = read(model, tiny.random_ids(count))
    size = save_state(state, tmp_path / "s", {"document": "a"}, model)
    loaded = load_state(tmp_path / "s", model, {"document": "a"})
    assert loaded.position == count and loaded.ids().tolist() == state.ids().tolist()
    assert torch.equal(loaded.hidden, state.hidden)
    assert torch.equal(answer(model, loaded), answer(model, state))
    assert size == sum(p.stat().st_size for p in (tmp_path / "s").glob("*.safetensors"))


@settings(max_examples=12, deadline=None)
@given(
    count=st.integers(65, 260), stop=st.integers(1, 4), seed=st.integers(0, 99), other=st.booleans()
)
def test_a_cached_or_resumed_answer_is_the_cold_answer_bit_for_bit(
    model, tmp_path_factory, count, stop, seed, other
):
    folder = tmp_path_factory.mktemp("state")
    ids = tiny.random_ids(count, seed)
    cold = answer(model, read(model, ids), seed)
    blocks = []

    def interrupt(state):
        save_state(state, folder, {}, model)
        blocks.append(state.position)
        if len(blocks) == stop:
            raise Cancelled("stopped by the test")

    try:
        state = read(model, ids, on_block=interrupt)
    except Cancelled:
        if other:
            read(model, tiny.random_ids(30, seed + 1))  # other traffic in the same process
        state = load_state(folder, model, {}, ids=ids)
        assert state.position == blocks[-1]
        if state.position < count:
            model.prefill(ids[state.position :], state)
    assert torch.equal(answer(model, state, seed), cold)


def test_one_thread_and_two_threads_each_repeat_themselves(model):
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            first, second = (answer(model, read(model, tiny.random_ids(150))) for _ in range(2))
            assert torch.equal(first, second)
    finally:
        torch.set_num_threads(before)


def test_a_longer_text_goes_on_from_the_last_block_before_the_change(model, tmp_path):
    ids = tiny.random_ids(200)
    save_state(
        read(model, ids, lambda state: save_state(state, tmp_path, {}, model)), tmp_path, {}, model
    )
    assert sorted(point["position"] for point in load_header(tmp_path)["points"]) == [128, 192, 200]
    changed = torch.cat([ids[:150], tiny.random_ids(100, 5)])
    state = load_state(tmp_path, model, {}, ids=changed)
    assert state.position == 128
    model.prefill(changed[128:], state)
    assert torch.equal(answer(model, state), answer(model, read(model, changed)))
    with pytest.raises(StateForeign, match="tokens"):
        load_state(tmp_path, model, {}, ids=tiny.random_ids(200, 6))


def test_saving_again_writes_only_what_is_new(model, tmp_path):
    state = read(model, tiny.random_ids(130))
    save_state(state, tmp_path, {}, model)
    old = {p.name: p.stat().st_mtime_ns for p in tmp_path.glob("block-*")}
    model.prefill(tiny.random_ids(62, 2), state)
    save_state(state, tmp_path, {}, model)
    new = {p.name: p.stat().st_mtime_ns for p in tmp_path.glob("block-*")}
    assert len(old) == 2 and len(new) == 3 and old.items() <= new.items()


def test_files_are_readable_by_their_owner_only_and_nothing_temporary_stays(model, tmp_path):
    save_state(read(model, tiny.random_ids(70)), tmp_path, {}, model)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and not path.name.endswith(".part")


def test_a_failed_write_leaves_the_state_of_before(model, tmp_path, monkeypatch):
    ids = tiny.random_ids(200)
    state = read(model, ids[:128])
    save_state(state, tmp_path, {}, model)
    model.prefill(ids[128:], state)
    written = []

    def full(handle):
        written.append(handle)
        if len(written) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_state(state, tmp_path, {}, model)
    monkeypatch.undo()
    assert load_state(tmp_path, model, {}).position == 128
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("harm", ["flip", "cut", "delete", "header", "no header"])
def test_a_damaged_state_is_refused_with_its_file(model, tmp_path, harm):
    save_state(read(model, tiny.random_ids(100)), tmp_path, {}, model)
    block = next(tmp_path.glob("block-*"))
    header = tmp_path / "header.json"
    if harm == "flip":
        content = bytearray(block.read_bytes())
        content[-5] ^= 1
        block.write_bytes(content)
    elif harm == "cut":
        block.write_bytes(block.read_bytes()[:-8])
    elif harm == "delete":
        block.unlink()
    elif harm == "header":
        header.write_text(header.read_text().replace('"yarn_factor": 1.0', '"yarn_factor": 2.0'))
    else:
        header.unlink()
    with pytest.raises(StateDamaged, match="header.json" if "header" in harm else "block-000000"):
        load_state(tmp_path, model, {})


def test_a_foreign_state_is_refused_with_the_field_that_differs(model, tmp_path):
    save_state(read(model, tiny.random_ids(100)), tmp_path / "a", {"document": "a"}, model)
    with pytest.raises(StateForeign, match="document is 'a', expected 'b'"):
        load_state(tmp_path / "a", model, {"document": "b"})
    other = tiny.tiny_model(tmp_path / "m", raw={**tiny.RAW, "rms_norm_eps": 1e-5})
    with pytest.raises(StateForeign, match="model is"):
        load_state(tmp_path / "a", other, {})
    with pytest.raises(StateForeign, match="dtype is 'float32'"):
        load_state(tmp_path / "a", tiny.load_model(model.folder, dtype="bfloat16"), {})


def test_the_memory_keeps_its_orientation_on_disk(model, tmp_path):
    save_state(read(model, tiny.random_ids(100)), tmp_path, {}, model)
    loaded = load_state(tmp_path, model, {})
    assert tuple(loaded.layers[0].memory.shape) == (1, 6, 8, 12)
    assert json.loads((tmp_path / "header.json").read_text())["settings"]["memory_layout"].endswith(
        "key, value]"
    )


def test_a_longer_text_than_the_factor_allows_is_refused(model):
    state = model.new_state(1.0)
    with pytest.raises(ContextTooLong, match="4,097 tokens"):
        model.prefill(torch.zeros(4097, dtype=torch.long), state)


def test_past_the_exact_range_all_blocks_selected_equals_exact_attention(model):
    ids = tiny.random_ids(512)
    exact = model.new_state(grid=GRID, long=LongAttention(exact=4096, local=64, best=2, block=16))
    every = model.new_state(grid=GRID, long=LongAttention(exact=192, local=64, best=1000, block=16))
    assert (model.prefill(ids, exact) - model.prefill(ids, every)).abs().max() < 1e-4


def kind_of(state):
    return attention_kind(state.config, state.position, state.long)


def test_past_the_exact_range_pieces_of_prefill_do_not_matter(model):
    ids = tiny.random_ids(500)
    once, pieces = (model.new_state(grid=GRID, long=LONG) for _ in range(2))
    model.prefill(ids, once)
    model.prefill(ids[:256], pieces)
    model.prefill(ids[256:], pieces)
    assert torch.equal(once.hidden, pieces.hidden) and torch.isfinite(once.hidden).all()
    assert "2 best blocks of 16" in kind_of(once) and "last 64" in kind_of(once)
    assert kind_of(model.new_state()).startswith("exact")


def test_int8_keys_stay_close_to_exact_ones(model):
    ids = tiny.random_ids(200)
    held = model.new_state(grid=GRID)
    hidden = model.prefill(ids, held)
    right = model.network(ids[None])[0, -1]
    assert torch.nn.functional.cosine_similarity(hidden, right, dim=0) > 0.99
    assert held.layers[1].quantized[0].k.dtype == torch.int8


def test_state_of_the_first_layers_equals_that_part_of_the_whole(model):
    ids = tiny.random_ids(3 * GRID + 5)
    seen = {2: [], 4: []}
    short, whole = (model.new_state(grid=GRID, layers=n) for n in (2, None))
    for state, layers in ((short, 2), (whole, 4)):
        model.prefill(ids, state)
        seen[layers] = [vars(layer) for layer in state.layers[:2]]
    assert len(short.layers) == 2 and len(whole.layers) == 4
    for mine, theirs in zip(seen[2], seen[4], strict=True):
        for name in ("tail", "memory"):
            if name in mine:
                assert torch.equal(mine[name], theirs[name])
    assert tiny.held_bytes(*short.layers) < tiny.held_bytes(*whole.layers)


@pytest.mark.parametrize(
    "layers", [1, 2]
)  # a delta net alone, whose state has no blocks, and attention with it
def test_state_of_the_first_layers_resumes_exactly_and_refuses_logits(model, tmp_path, layers):
    ids = tiny.random_ids(3 * GRID + 5)
    once, begun = (model.new_state(grid=GRID, layers=layers) for _ in range(2))
    hidden = model.prefill(ids, once)
    model.prefill(ids[: 2 * GRID], begun)
    save_state(begun, tmp_path / "s", {}, model)
    resumed = load_state(tmp_path / "s", model, {}, ids=ids)
    assert resumed.position == 2 * GRID and len(resumed.layers) == layers
    assert kind_of(resumed).startswith("none" if layers == 1 else "exact")
    assert torch.equal(model.prefill(ids[2 * GRID :], resumed), hidden)
    with pytest.raises(ValueError, match="through all layers"):
        next(iter(generate(model, resumed, max_tokens=1)))


def test_hook_on_a_layer_that_the_state_lacks_is_refused(model):
    with pytest.raises(ValueError, match="needs the output of layer 3"):
        model.prefill([1], model.new_state(layers=2), on_hidden=lambda at, hidden: None)
