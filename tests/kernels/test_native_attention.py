"""Attention in C++, exact and rounded, at every level of instructions that this processor has."""

import pytest
import torch

from docqa.kernels.attention import attention
from docqa.kernels.attention.native import attention_native
from docqa.kernels.attention.reference import attention_reference
from tests.kernels.machine import NATIVE, at_every_level, needs_library, seeded

pytestmark = needs_library
exact_or_rounded = pytest.mark.parametrize("rounded", [False, True])
SHAPES = [  # batch, seq, total, heads, kv_heads, dim
    (1, 100, 100, 9, 3, 64),
    (2, 77, 205, 4, 2, 40),
    (1, 65, 300, 3, 1, 256),
    (1, 9, 9, 2, 1, 8),
]


def inputs(batch, seq, total, heads, kv_heads, dim):
    source = seeded(seq)
    q = torch.randn(batch, seq, heads, dim, generator=source)
    k, v = (torch.randn(batch, total, kv_heads, dim, generator=source) for _ in range(2))
    return q, k, v


@at_every_level
@pytest.mark.parametrize("shape", SHAPES)
def test_attention_equals_the_formula_in_float64(native, shape):
    q, k, v = inputs(*shape)
    right = attention_reference(q.double(), k.double(), v.double())
    exact = attention_native(q, k, v, library=native)
    assert (exact - right).abs().max() < 2e-6  # scores up to 5 in float32, sums of 300 products
    # Queries and keys are rounded to 1/254 of their largest, weights and values to 1/512 in the own
    # block of keys and to 1/510 and 1/254 of the largest in earlier ones: 0.4 to 1.2 % measured.
    rounded = attention_native(q, k, v, rounded=True, library=native)
    assert (rounded - right).norm() < 0.015 * right.norm()
    assert (rounded - right).abs().max() < 0.05


@exact_or_rounded
def test_row_has_the_same_bits_in_any_batch(rounded):
    q, k, v = inputs(1, 60, 200, 6, 2, 64)
    whole = attention_native(q, k, v, rounded=rounded, library=NATIVE)
    last = attention_native(q[:, 23:], k, v, rounded=rounded, library=NATIVE)
    first = attention_native(q[:, :40], k[:, :180], v[:, :180], rounded=rounded, library=NATIVE)
    assert torch.equal(whole[:, 23:], last) and torch.equal(whole[:, :40], first)


@exact_or_rounded
def test_the_number_of_threads_does_not_change_a_bit(rounded):
    q, k, v = inputs(1, 90, 150, 6, 2, 64)
    found = [
        attention_native(q, k, v, rounded=rounded, library=NATIVE._replace(threads=n))
        for n in (1, 2, 3)
    ]
    assert all(torch.equal(found[0], other) for other in found[1:])


@exact_or_rounded
def test_scores_far_apart_neither_overflow_nor_vanish(rounded):
    q, k, v = inputs(1, 70, 70, 2, 1, 64)
    # scores up to thousands; the row's base moves again and again
    q = 12 * q
    k = 12 * k
    out = attention_native(q, k, v, rounded=rounded, library=NATIVE)
    assert torch.isfinite(out).all()
    if not rounded:
        assert (out - attention_reference(q.double(), k.double(), v.double())).abs().max() < 2e-3
    low = attention_native(
        -100 * k.expand(-1, -1, 2, -1).contiguous(), k, v, rounded=rounded, library=NATIVE
    )
    assert torch.isfinite(low).all()  # every score of a row far below 0


@exact_or_rounded
def test_dominant_key_gets_all_the_weight_at_any_score(rounded):
    q, k, v = inputs(1, 200, 200, 2, 1, 64)
    q, k[0, 3] = (
        3e4 * q.abs(),
        3e4 * k[0, 3].abs(),
    )  # scores of billions, where neighbouring floats are hundreds apart
    out = attention_native(q, k, v, rounded=rounded, library=NATIVE)
    assert (out[:, 3:] - v[:, 3]).abs().max() <= 0.01 * v.abs().max()


def test_one_large_value_rounds_only_its_own_dimension_and_block():
    q, k, v = inputs(1, 100, 300, 3, 1, 64)
    v[0, 70, 0, 5] = (
        # its neighbours' bytes in that dimension of keys 64 to 127 are then 1000 / 127 apart
        1000.0
    )
    right = attention_reference(q.double(), k.double(), v.double())
    rounded = attention_native(q, k, v, rounded=True, library=NATIVE)
    others = [d for d in range(64) if d != 5]
    assert (rounded - right)[..., others].norm() < 0.015 * right[..., others].norm()
    assert (rounded - right)[..., 5].norm() < 0.015 * right[..., 5].norm()


def test_recorded_gradients_go_through_torch():
    q, k, v = (x.requires_grad_() for x in inputs(1, 20, 20, 2, 1, 8))
    attention(q, k, v).sum().backward()
    assert q.grad is not None and v.grad is not None
