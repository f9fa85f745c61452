"""Sampling and streaming generation."""

import pytest
import tiny
import torch

from docqa.model.decode.generate import generate
from docqa.model.decode.sample import Sampling, penalise_written_tokens, probabilities, sample
from docqa.model.state.long_attention import LongAttention


def test_greedy_generation_takes_the_best_token_at_every_step(model):
    state = tiny.started(model, 50)
    fork = state.fork()
    right = []
    for _ in range(6):
        right.append(int(model.logits(fork.hidden)[: model.tokenizer.vocab_size].argmax()))
        model.prefill([right[-1]], fork)
    pieces = list(generate(model, state, max_tokens=6, stop_ids=[]))
    assert (
        [p.token for p in pieces] == right
        and pieces[-1].finish == "length"
        and state.position == 50
    )
    assert "".join(p.text for p in pieces) == model.tokenizer.decode(right)


def test_past_the_exact_range_the_state_itself_goes_on(model):
    state = tiny.started(
        model, 300, grid=64, long=LongAttention(exact=192, local=64, best=2, block=16)
    )
    assert (
        len(list(generate(model, state, max_tokens=3, stop_ids=[]))) == 3 and state.position == 300
    )


def test_a_seed_repeats_a_draw_and_another_seed_does_not(model):
    state = tiny.started(model, 50)

    def drawn(seed):
        rules = Sampling(temperature=2.0, seed=seed)
        return [p.token for p in generate(model, state, max_tokens=12, sampling=rules, stop_ids=[])]

    assert drawn(1) == drawn(1) != drawn(2)


def test_an_end_token_and_a_stop_string_end_the_text(model):
    state = tiny.started(model, 50)
    pieces = list(generate(model, state, max_tokens=8, stop_ids=[]))
    whole = "".join(p.text for p in pieces)
    ended = list(generate(model, state, max_tokens=8, stop_ids=[pieces[0].token]))
    assert ended[-1].finish == "stop" and "".join(p.text for p in ended) == ""
    stop = whole[1:3]
    cut = list(generate(model, state, max_tokens=8, stop_ids=[], stop=[stop]))
    assert "".join(p.text for p in cut) == whole[: whole.index(stop)] and cut[-1].finish == "stop"


@pytest.mark.parametrize("limit", [{"top_k": 2}, {"top_p": 0.7}, {"min_p": 0.4}])
def test_limits_keep_what_they_say(limit):
    logits = torch.tensor([0.5, 0.25, 0.15, 0.1]).log()
    kept = probabilities(logits, Sampling(temperature=1, **limit))
    assert torch.allclose(kept, torch.tensor([2 / 3, 1 / 3, 0, 0]))


def test_the_penalty_lowers_what_was_written():
    out = penalise_written_tokens(torch.tensor([2.0, -2.0, 1.0]), [0, 1, 1], 2.0)
    assert out.tolist() == [1.0, -4.0, 1.0]
    assert sample(torch.tensor([2.0, 1.5]), Sampling(repetition_penalty=2.0), written=[0]) == 1


@pytest.mark.parametrize(
    "bad", [{"temperature": -1}, {"top_p": 0}, {"min_p": 2}, {"repetition_penalty": 0}]
)
def test_settings_out_of_range_are_refused(bad):
    with pytest.raises(ValueError, match="must be|out of range"):
        Sampling(**bad)
