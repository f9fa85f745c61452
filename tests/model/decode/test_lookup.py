"""Prompt lookup: what it guesses, and that decoding with it writes what plain decoding writes."""

import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.model.decode.generate import generate
from docqa.model.decode.lookup import LEAST, PromptLookup
from docqa.model.decode.sample import Sampling
from docqa.model.decode.speculate import Speculation
from docqa.model.load import load_model


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    return load_model(tiny.write_checkpoint(tmp_path_factory.mktemp("exact")), dtype="float64")


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    return tiny.packed_model(tmp_path_factory.mktemp("packed"))


@settings(max_examples=200, deadline=None)
@given(ids=st.lists(st.integers(0, 3), max_size=60), text=st.lists(st.integers(0, 3), max_size=40))
def test_a_guess_is_what_followed_the_last_tokens_somewhere(ids, text):
    lookup = PromptLookup(torch.tensor(ids, dtype=torch.int32))
    written = list(ids)
    for token in text:
        lookup.add(token)
        written.append(token)
        guess = lookup.draft_tokens(5)
        places = [at for at in range(LEAST, len(ids)) if ids[at - LEAST : at] == written[-LEAST:]]
        assert not guess or any(ids[at : at + 5] == guess for at in places)
        if places:  # the only place is found; of several one with something after it
            assert guess


def test_of_several_places_the_most_alike_is_followed():
    first = [1, 2, 3, 4, 5, 6]
    second = [9, 2, 3, 4, 5, 7]
    lookup = PromptLookup(torch.tensor([*first, *second, 0, 0]))
    for token in (1, 2, 3, 4):
        lookup.add(token)
    assert lookup.draft_tokens(2) == [5, 6]
    lookup.add(8)
    assert lookup.draft_tokens(2) == []


def written(model, ids, lookup, count=90, **more):
    state = model.new_state(grid=64)
    model.prefill(ids, state)
    return [
        piece.token
        for piece in generate(model, state, max_tokens=count, lookup=lookup, stop_ids=[], **more)
    ]


class Copying:
    """A rule that quotes: a stretch of the prompt, then tokens of the model, and so on."""

    def __init__(self, ids):
        self.ids = ids
        self.count = 0

    def choose(self, logits):
        self.count += 1
        turn = self.count % 30
        return int(self.ids[20 + turn]) if turn < 18 else int(logits.argmax())


@pytest.mark.parametrize("length", [5, 100, 127])
def test_the_text_is_that_of_plain_decoding(exact, length):
    ids = tiny.random_ids(length)
    assert written(exact, ids, True) == written(exact, ids, False)
    rules = Sampling(temperature=1.0, seed=5)
    assert written(exact, ids, True, sampling=rules) == written(exact, ids, False, sampling=rules)
    if (
        length > 50
    ):  # across blocks of keys, with guesses that are wrong at the end of every stretch
        assert written(exact, ids, True, rule=Copying(ids)) == written(
            exact, ids, False, rule=Copying(ids)
        )


def test_copied_tokens_are_written_several_a_pass(exact):
    ids = tiny.random_ids(200)
    state = exact.new_state(grid=64)
    exact.prefill(ids, state)
    plain = exact.new_state(grid=64)
    decoding = Speculation(exact, state, PromptLookup(state.ids()))
    exact.prefill(ids, plain)
    for token in ids[50:110].tolist():
        wanted = exact.logits(exact.prefill([token], plain))
        assert torch.allclose(decoding.logits(token), wanted, atol=1e-9)
    assert decoding.steps == LEAST - 1  # until the place is known
    assert decoding.passes <= 60 / PromptLookup.fewest
    assert state.position == 200


@tiny.needs_library
def test_what_the_native_step_has_read_goes_on_in_passes(packed):
    ids = tiny.random_ids(150)
    state = packed.new_state()
    packed.prefill(ids, state)
    plain = packed.new_state()
    decoding = Speculation(packed, state, PromptLookup(state.ids()))
    packed.prefill(ids, plain)
    fresh = tiny.random_ids(60, seed=9).tolist()
    for token in [*fresh, *ids[30:70].tolist(), *fresh[:5]]:
        wanted = packed.logits(packed.prefill([token], plain))
        got = decoding.logits(token)
        # sums in another order alone; with queries and keys in 8 bits, as in longer passes, it
        # would be 0.1
        assert (got - wanted).abs().max() < 1e-3 * wanted.std()
    assert decoding.passes and decoding.steps >= len(fresh)
