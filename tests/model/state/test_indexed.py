"""An index of keys and the last n-grams in a state: forks, branches and saved files keep them apart and whole."""

import pytest
import tiny
import torch
from safetensors.torch import load_file, save_file

from docqa.model.decode.beams import Branches
from docqa.model.errors import StateDamaged
from docqa.model.load import load_model
from docqa.model.state.files import load_state, save_state
from docqa.model.state.indexed import IndexedMemory, NgramMemory
from docqa.model.state.long_attention import LongAttention, attention_kind


@pytest.fixture(scope="module")
def model(folders):
    return load_model(folders("qwen4_exp_text"), dtype="float64")


def read(model, ids, grid=64):
    state = model.new_state(grid=grid)
    model.prefill(ids, state)
    return state


def test_layers_remember_what_they_have(model):
    state = read(model, tiny.random_ids(50))
    kinds = [type(layer) for layer in state.layers]
    assert kinds == [NgramMemory, IndexedMemory, NgramMemory, IndexedMemory]
    index, words = state.layers[1], state.layers[0]
    assert (index.pooled.shape[1], index.waiting.shape[1]) == (12, 2)  # blocks of 4 tokens
    assert torch.equal(words.words[0], tiny.random_ids(50)[-2:])


def test_two_forks_do_not_meet(model):
    ids, state = tiny.random_ids(90), read(model, tiny.random_ids(90))
    forks = state.fork(), state.fork()
    for fork, seed in zip(forks, (5, 6)):
        model.prefill(tiny.random_ids(30, seed), fork)
    for fork, seed in zip(forks, (5, 6)):
        cold = read(model, torch.cat([ids, tiny.random_ids(30, seed)]))
        for one, other in zip(fork.layers, cold.layers):
            for name, part in one.tensors().items():
                torch.testing.assert_close(part, other.tensors()[name], rtol=0, atol=1e-9)


@pytest.mark.parametrize("count", [30, 200])
def test_branches_go_on_like_states_of_their_own(model, count):
    """Across a block of the index, with a branch that is doubled and one that is dropped."""
    ids, state = tiny.random_ids(count), read(model, tiny.random_ids(count), grid=256)
    branches, written = Branches(model, state), [[]]
    chosen = [[0, 0, 0], [2, 0, 1], [1, 1], [0, 1], [1, 0], [0, 1], [1, 0]]
    for step, kept in enumerate(chosen):
        tokens = [(17 * step + 5 * at) % 299 for at in range(len(written))]
        found = branches.logits(tokens)
        written = [[*before, token] for before, token in zip(written, tokens)]
        for before, row in zip(written, found):
            right = model.logits(read(model, torch.cat([ids, torch.tensor(before)]), grid=256).hidden)
            assert (row - right).abs().max() < 1e-6  # logits are float32 in part
        branches.keep(kept)
        written = [written[at] for at in kept]


@pytest.mark.parametrize("part", ["0.words", "0.lexical", "1.pooled", "1.waiting"])
def test_a_part_that_is_missing_from_a_saved_state_is_named(model, tmp_path, part):
    save_state(read(model, tiny.random_ids(70)), tmp_path, {}, model)
    point = next(tmp_path.glob("point-*"))
    tensors = load_file(point)
    del tensors[part]
    save_file(tensors, point)
    from docqa.model.state import files

    with pytest.MonkeyPatch.context() as patch, pytest.raises(StateDamaged, match=f"tensor '{part}' is missing"):
        patch.setattr(files, "_check_file", lambda path, entry: None)
        load_state(tmp_path, model, {})


def test_past_the_exact_range_the_models_own_index_chooses(model):
    ids = tiny.random_ids(200)
    long = LongAttention(exact=64, local=32, best=1, block=16)
    state = model.new_state(grid=64, long=long)
    model.prefill(ids, state)
    assert torch.equal(state.hidden, read(model, ids).hidden)
    assert attention_kind(model.config, 200, long).startswith("the 6 blocks of 4 tokens that the model's index chooses")
