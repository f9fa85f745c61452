"""Copy mode: only runs of the allowed text, scored as the model scores them."""

import itertools

import pytest
import tiny
import torch

from docqa.model.decode.copy import copy_spans

FOCUS = [5, 6, 7, 8, 9, 5, 6, 20, 21, 22]
ALLOWED = [(0, 4), (5, 9)]


@pytest.fixture
def start(model):
    state = model.new_state()
    return state, model.logits(model.prefill(tiny.random_ids(60), state))


def score(model, state, logits, tokens):
    """Log-probability of tokens and the end, one step at a time through the state."""
    fork = state.fork()
    total = 0.0
    for token in [*tokens, model.tokenizer.eos_id]:
        total += float(logits.log_softmax(-1)[token])
        logits = model.logits(model.prefill([token], fork))
    return total


def test_spans_are_within_one_range_and_scored_as_single_steps(model, start):
    state, logits = start
    spans = copy_spans(model, state, logits, FOCUS, ALLOWED, beams=3, max_tokens=4)
    assert spans and [s.logprob for s in spans] == sorted((s.logprob for s in spans), reverse=True)
    for span in spans:
        assert any(a <= span.start_token < span.end_token <= b for a, b in ALLOWED)
        assert span.token_count == span.end_token - span.start_token <= 4
        right = score(model, state, logits, FOCUS[span.start_token : span.end_token])
        assert span.logprob == pytest.approx(right, abs=1e-3)
    assert state.position == 60


def test_a_wide_beam_finds_the_best_of_all_spans(model, start):
    state, logits = start
    best = copy_spans(model, state, logits, FOCUS, ALLOWED, beams=20, max_tokens=4)[0]
    every = {
        tuple(FOCUS[i:j]) for a, b in ALLOWED for i, j in itertools.combinations(range(a, b + 1), 2)
    }
    scored = {tokens: score(model, state, logits, list(tokens)) for tokens in every}
    winner = max(scored, key=scored.__getitem__)
    assert tuple(FOCUS[best.start_token : best.end_token]) == winner


def test_repeated_span_is_reported_once_at_its_first_place(model, start):
    state, logits = start
    spans = copy_spans(model, state, logits, FOCUS, ALLOWED, beams=20, max_tokens=2)
    runs = [tuple(FOCUS[s.start_token : s.end_token]) for s in spans]
    assert len(runs) == len(set(runs)) and (5, 6) in runs
    assert all(
        s.start_token < 5 for s, run in zip(spans, runs, strict=True) if run in ((5,), (6,), (5, 6))
    )


def test_a_model_that_wants_a_run_and_its_end_gets_it(model, start, monkeypatch):
    state, _ = start
    wanted = [6, 20, 21, model.tokenizer.eos_id]

    class Obedient:
        def __init__(self, *_):
            self.rows = [()]

        def select_branches(self, chosen):
            self.rows = [self.rows[i] for i in chosen]

        def logits(self, tokens):
            self.rows = [(*row, token) for row, token in zip(self.rows, tokens, strict=True)]
            out = torch.full((len(self.rows), 300), -20.0)
            for i, row in enumerate(self.rows):
                if list(row) == wanted[: len(row)]:
                    out[i, wanted[len(row)]] = 0.0
            return out

    monkeypatch.setattr("docqa.model.decode.copy.Branches", Obedient)
    first = torch.full((300,), -20.0)
    first[6] = 0.0
    best = copy_spans(model, state, first, FOCUS, ALLOWED, beams=4, max_tokens=8)[0]
    assert (best.start_token, best.end_token, best.token_count) == (6, 9, 3)


def test_nothing_allowed_gives_nothing(model, start):
    assert copy_spans(model, *start, FOCUS, [], beams=3, max_tokens=4) == []
