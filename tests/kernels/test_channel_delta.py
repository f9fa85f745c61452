"""The delta rule with a decay for each channel: against its definition, the plain rule, and every faster form."""

import pytest
import torch

from docqa.kernels.delta import delta_rule, delta_rule_chunked, delta_rule_recurrent, delta_rule_reference, l2_normalise
from docqa.kernels.errors import ShapeMismatch

HEADS, KEY, VALUE = 3, 8, 12


def inputs(seq, dtype=torch.float64, batch=2, seed=0):
    source = torch.Generator().manual_seed(seed + seq)

    def normal(*shape):
        return torch.randn(*shape, generator=source, dtype=torch.float64)

    q, k = (l2_normalise(normal(batch, seq, HEADS, KEY)) for _ in range(2))
    v, state = normal(batch, seq, HEADS, VALUE), normal(batch, HEADS, KEY, VALUE)
    decay, beta = -normal(batch, seq, HEADS, KEY).abs() * 0.5, normal(batch, seq, HEADS).sigmoid()
    return {n: t.to(dtype) for n, t in {"q": q, "k": k, "v": v, "decay": decay, "beta": beta, "state": state}.items()}


def differences(one, other):
    return max(float((ours - theirs).abs().max()) for ours, theirs in zip(one, other))


def test_the_recurrence_is_the_literal_matrix_product():
    x = inputs(9, batch=1)
    out, state = delta_rule_reference(**x)
    memory = x["state"][0].clone()
    for t in range(9):
        for head in range(HEADS):
            k, alpha, beta = x["k"][0, t, head], x["decay"][0, t, head].exp(), x["beta"][0, t, head]
            forget = (torch.eye(KEY, dtype=torch.float64) - beta * torch.outer(k, k)) @ torch.diag(alpha)
            memory[head] = forget @ memory[head] + beta * torch.outer(k, x["v"][0, t, head])
            assert (memory[head].T @ x["q"][0, t, head] * KEY**-0.5 - out[0, t, head]).abs().max() < 1e-13
    assert (memory - state[0]).abs().max() < 1e-13


def test_the_same_decay_in_all_channels_is_the_plain_rule():
    x = inputs(150)
    one = x["decay"][..., 0]
    everywhere = {**x, "decay": one[..., None].expand_as(x["decay"])}
    assert differences(delta_rule_chunked(**everywhere), delta_rule_reference(**{**x, "decay": one})) < 1e-12


@pytest.mark.parametrize("seq", [1, 2, 15, 16, 17, 63, 64, 65, 127, 1000])
def test_chunks_equal_the_recurrence_with_a_state_that_is_not_zero(seq):
    x = inputs(seq)
    assert differences(delta_rule_chunked(**x), delta_rule_reference(**x)) < 1e-12


@pytest.mark.parametrize("chunk", [1, 2, 16, 32, 128])
def test_the_size_of_the_chunk_does_not_matter(chunk):
    x = inputs(200)
    assert differences(delta_rule_chunked(**x, chunk=chunk), delta_rule_reference(**x)) < 1e-12


@pytest.mark.parametrize("regime", ["normal", "slow decay", "one channel forgets all", "strong decay"])
def test_float32_chunks_stay_near_float64(regime):
    x = inputs(512, batch=1)
    if regime == "slow decay":
        x["decay"] = x["decay"] * 2e-4
    if regime == "one channel forgets all":
        x["decay"] = x["decay"] * 2e-3
        x["decay"][:, ::24, :, 2] = -4000.0
    if regime == "strong decay":
        x["decay"] = -16 * torch.nn.functional.softplus(1 - 2 * x["decay"])
    right = delta_rule_reference(**x)
    for form in (delta_rule_chunked, delta_rule):
        for ours, theirs in zip(form(**{n: t.float() for n, t in x.items()}), right):
            assert torch.isfinite(ours).all()
            assert (ours - theirs).abs().max() / max(1.0, float(theirs.abs().max())) < 4e-6


def test_the_step_form_equals_the_recurrence():
    x = inputs(7)
    assert differences(delta_rule_recurrent(**x), delta_rule_reference(**x)) < 1e-13


@pytest.mark.parametrize("seq", [1, 3, 31, 33, 100, 1_100])
def test_the_default_form_is_exact_and_keeps_its_bits_when_cut(seq):
    x = inputs(seq, torch.float32)
    exact = delta_rule_reference(**inputs(seq))
    assert differences(delta_rule(**x), exact) < 1e-5
    rest = {n: t for n, t in inputs(192, torch.float32).items() if n != "state"}
    whole, end = delta_rule(**rest)
    first, state = delta_rule(**{n: t[:, :64] for n, t in rest.items()})
    second, last = delta_rule(**{n: t[:, 64:] for n, t in rest.items()}, state=state)
    assert torch.equal(torch.cat([first, second], 1), whole) and torch.equal(last, end)


def test_gradients_of_the_chunks_are_those_of_the_recurrence():
    found = []
    for rule in (delta_rule, delta_rule_reference):
        x = {n: t.clone().requires_grad_() for n, t in inputs(70, batch=1).items()}
        out, state = rule(**x)
        (out.square().sum() + state.sin().sum()).backward()
        found.append([t.grad for t in x.values()])
    assert differences(*found) < 1e-11


def test_a_decay_of_another_shape_is_refused():
    x = inputs(4)
    with pytest.raises(ShapeMismatch, match="neither of the heads nor of the channels"):
        delta_rule(**{**x, "decay": x["decay"][..., :5]})
