"""The C++ gradients against torch's in float64. A checkout where `pip install -e .` built none
skips them.
"""

from functools import partial

import pytest
import torch

from docqa.kernels.conv import unit_conv
from docqa.kernels.conv.unit import unit_conv_reference
from docqa.kernels.delta import delta_rule, delta_rule_chunked, l2_normalise
from docqa.kernels.dispatch import choose_implementation
from docqa.kernels.self_check import library
from docqa.model.training.gradients import use_native_gradients
from docqa.model.training.gradients.conv import unit_conv_gradient
from docqa.model.training.gradients.delta import delta_rule_gradient
from docqa.model.training.gradients.library import gradient_functions

use_native_gradients()
pytestmark = pytest.mark.skipif(
    library() is None or gradient_functions() is None, reason="the gradients are not built here"
)


def normal(*shape, seed=0):
    source = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(*shape, generator=source)


def delta_inputs(key, value, batch=2, heads=3, seq=70):
    q, k = (l2_normalise(normal(batch, seq, heads, key, seed=seed)) for seed in (0, 1))
    v = normal(batch, seq, heads, value, seed=2)
    decay = -normal(batch, seq, heads, seed=3).abs() / 2
    beta = normal(batch, seq, heads, seed=4).sigmoid()
    state = normal(batch, heads, key, value, seed=5)
    return {"q": q, "k": k, "v": v, "decay": decay, "beta": beta, "state": state}


@pytest.mark.parametrize(("key", "value"), [(7, 5), (24, 40), (64, 64), (128, 96)])
def test_gradients_of_the_delta_rule_are_those_of_float64(key, value):
    native = partial(delta_rule_gradient, library=library())
    found = []
    for rule, dtype in ((native, torch.float32), (delta_rule_chunked, torch.float64)):
        x = {n: t.to(dtype).requires_grad_() for n, t in delta_inputs(key, value).items()}
        out, state = rule(**x)
        (out.sin().sum() + state.cos().sum()).backward()
        found.append([t.grad for t in x.values()])
    for ours, right in zip(*found, strict=True):
        assert (ours - right).abs().max() < 3e-6 * max(1.0, float(right.abs().max()))


def test_gradients_have_the_dtype_of_their_inputs():
    x = {n: t.to(torch.bfloat16).requires_grad_() for n, t in delta_inputs(8, 12).items()}
    del x["state"]
    out, _ = delta_rule(**x)
    out.float().square().mean().backward()
    assert out.dtype == torch.bfloat16
    assert all(t.grad.dtype == torch.bfloat16 and torch.isfinite(t.grad).all() for t in x.values())


@pytest.mark.parametrize(
    ("batch", "seq", "heads", "dim", "channels"), [(2, 19, 3, 24, 100), (1, 2, 2, 64, 300)]
)
def test_gradients_of_the_convolution_are_those_of_float64(batch, seq, heads, dim, channels):
    x = normal(batch, seq, channels)
    weight = normal(channels, 1, 4)
    history = normal(batch, 3, channels)
    weights = normal(batch, seq, channels, seed=1)
    native = partial(unit_conv_gradient, library=library())
    found = []
    for conv, dtype in ((native, torch.float32), (unit_conv_reference, torch.float64)):
        given = [part.to(dtype, copy=True).requires_grad_() for part in (x, weight)]
        unit, rest, tail = conv(*given, history.to(dtype), heads=heads, dim=dim)
        (torch.cat([unit.flatten(2), rest], 2) * weights).sum().backward(retain_graph=True)
        tail.sum().backward()  # the inputs are the next call's history
        found.append([unit, rest, tail, *(part.grad for part in given)])
    for ours, right in zip(*found, strict=True):
        assert (ours - right).abs().max() < 1e-5  # sums of up to 40 products of order 1


def test_a_history_with_a_gradient_keeps_it():
    history = normal(1, 3, 40).requires_grad_()
    unit, _, _ = unit_conv(
        normal(1, 5, 40), normal(40, 4).requires_grad_(), history, heads=1, dim=8
    )
    unit.sum().backward()
    assert history.grad is not None and history.grad.abs().sum() > 0


def test_training_takes_them_first(monkeypatch):
    monkeypatch.delenv("DOCQA_KERNELS", raising=False)
    for operation in ("delta_training", "unit_conv_training"):
        assert choose_implementation(operation, "cpu", torch.float32).native
