"""Gated delta rule: the recurrence against its definition, every faster form against the
recurrence.
"""

from functools import partial

import pytest
import torch

from docqa.kernels.delta import (
    delta_rule,
    delta_rule_chunked,
    delta_rule_recurrent,
    delta_rule_reference,
    l2_normalise,
)
from docqa.kernels.delta.native import delta_rule_native
from docqa.kernels.errors import ShapeMismatch
from docqa.kernels.self_check import library
from tests.kernels.machine import seeded

HEADS = 3
KEY = 8
VALUE = 12
CHUNKED = [
    delta_rule_chunked,
    *([partial(delta_rule_native, library=library())] if library() else []),
]


def inputs(seq, dtype=torch.float64, batch=2, slow=None, seed=0, key=KEY, value=VALUE):
    source = seeded(seed + seq)

    def normal(*shape):
        return torch.randn(*shape, generator=source, dtype=torch.float64)

    q, k = (l2_normalise(normal(batch, seq, HEADS, key)) for _ in range(2))
    v = normal(batch, seq, HEADS, value)
    state = normal(batch, HEADS, key, value)
    decay = -normal(batch, seq, HEADS).abs() * (slow if slow is not None else 0.5)
    beta = normal(batch, seq, HEADS).sigmoid()
    return {
        n: t.to(dtype)
        for n, t in {"q": q, "k": k, "v": v, "decay": decay, "beta": beta, "state": state}.items()
    }


def assert_near(found, right, bound):
    for ours, theirs in zip(found, right, strict=True):
        assert (ours - theirs).abs().max() < bound


def test_the_recurrence_is_the_literal_matrix_product():
    x = inputs(9, batch=1)
    out, state = delta_rule_reference(**x)
    memory = x["state"][0].clone()
    for t in range(9):
        for head in range(HEADS):
            k = x["k"][0, t, head]
            alpha = x["decay"][0, t, head].exp()
            beta = x["beta"][0, t, head]
            forget = alpha * (torch.eye(KEY, dtype=torch.float64) - beta * torch.outer(k, k))
            memory[head] = forget @ memory[head] + beta * torch.outer(k, x["v"][0, t, head])
            read = memory[head].T @ x["q"][0, t, head] * KEY**-0.5
            assert (read - out[0, t, head]).abs().max() < 1e-13
    assert (memory - state[0]).abs().max() < 1e-13


@pytest.mark.parametrize("seq", [1, 2, 63, 64, 65, 127, 1000])
def test_chunks_equal_the_recurrence_with_a_state_that_is_not_zero(seq):
    x = inputs(seq)
    assert_near(delta_rule_chunked(**x), delta_rule_reference(**x), 1e-12)


@pytest.mark.parametrize("chunk", [1, 2, 16, 32, 64, 128, 256])
def test_the_size_of_the_chunk_does_not_matter(chunk):
    x = inputs(200)
    assert_near(delta_rule_chunked(**x, chunk=chunk), delta_rule_reference(**x), 1e-12)


@pytest.mark.parametrize(
    "regime",
    [
        "normal",
        "slow decay",
        "slow behind strong decay",
        "strong decay",
        "keys alike and beta near 1",
    ],
)
@pytest.mark.parametrize("rule", CHUNKED, ids=["torch", "native"][: len(CHUNKED)])
def test_float32_chunks_stay_near_float64(regime, rule):
    x = inputs(512, batch=1)
    if regime == "slow behind strong decay":
        x["decay"] = torch.full_like(x["decay"], -1e-3)
        x["decay"][:, ::64] = -4000.0
    if regime == "slow decay":
        x["decay"] = x["decay"] * 2e-4
    if regime == "strong decay":
        x["decay"] = -16 * torch.nn.functional.softplus(
            1 - 2 * x["decay"]
        )  # A = 16, as random checkpoints have it
        assert x["decay"].view(1, 8, 64, HEADS).sum(2).min() < -1000
    if regime.startswith("keys"):
        x["k"] = l2_normalise(x["k"][:, :1] + 0.05 * x["k"])
        x["beta"] = torch.full_like(x["beta"], 0.999)
    out, state = rule(**{n: t.float() for n, t in x.items()})
    right_out, right_state = delta_rule_reference(**x)
    scale = max(1.0, float(right_out.abs().max()))
    assert torch.isfinite(out).all() and torch.isfinite(state).all()
    assert (out - right_out).abs().max() / scale < 2e-6
    assert (state - right_state).abs().max() / max(1.0, float(right_state.abs().max())) < 4e-6


def test_cuts_do_not_matter_and_grid_cuts_not_even_for_the_bits():
    x = inputs(256, torch.float32, batch=1)
    whole, end = delta_rule_chunked(**x)
    for cuts, exact in (((64, 192), True), ((1, 2, 100, 163), False)):
        state = x["state"]
        pieces = []
        start = 0
        for stop in (*cuts, 256):
            piece = {n: t[:, start:stop] for n, t in x.items() if n != "state"}
            out, state = delta_rule_chunked(**piece, state=state)
            pieces.append(out)
            start = stop
        joined = torch.cat(pieces, 1)
        if exact:
            assert torch.equal(joined, whole) and torch.equal(state, end)
        assert (joined - whole).abs().max() < 2e-6 and (state - end).abs().max() < 4e-6


def test_the_step_form_equals_the_recurrence():
    x = inputs(7)
    assert_near(delta_rule_recurrent(**x), delta_rule_reference(**x), 1e-13)


def test_gradients_of_the_chunks_are_those_of_the_recurrence():
    names = ("q", "k", "v", "decay", "beta", "state")
    found = []
    for rule in (delta_rule_chunked, delta_rule_reference):
        x = {n: t.clone().requires_grad_() for n, t in inputs(70, batch=1).items()}
        out, state = rule(**x)
        (out.sin().sum() + state.cos().sum()).backward()
        found.append([x[n].grad for n in names])
    assert_near(*found, 1e-10)


def test_a_transposed_state_is_refused():
    x = inputs(4)
    with pytest.raises(ShapeMismatch, match="delta state"):
        delta_rule(**{**x, "state": x["state"].transpose(-1, -2)})


@pytest.mark.slow
def test_the_error_does_not_grow_over_a_quarter_of_a_million_tokens():
    block = 4096
    errors = []
    state32 = state64 = None
    for number in range(64):
        x = inputs(block, batch=1, slow=1e-3, seed=number)
        del x["state"]
        out64, state64 = delta_rule_chunked(**x, state=state64)
        out32, state32 = delta_rule_chunked(**{n: t.float() for n, t in x.items()}, state=state32)
        errors.append(float((out32 - out64).abs().max()))
    assert max(errors[-4:]) < 2e-6 * 10 and max(errors[-4:]) / max(errors[:4]) < 3


@pytest.mark.parametrize("seq", [3, 70])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_heads_that_share_keys_give_the_bits_of_keys_repeated(seq, dtype):
    x = inputs(seq, dtype)
    q = x.pop("q")
    k = x.pop("k")
    wide = {
        name: part.repeat_interleave(2, 1 if name == "state" else 2) for name, part in x.items()
    }
    repeated = delta_rule(q.repeat_interleave(2, 2), k.repeat_interleave(2, 2), **wide)
    for one, other in zip(delta_rule(q, k, **wide), repeated, strict=True):
        assert torch.equal(one, other)
    with pytest.raises(ShapeMismatch, match="do not fit together"):
        delta_rule(q[:, :, :2], k[:, :, :2], **x)
