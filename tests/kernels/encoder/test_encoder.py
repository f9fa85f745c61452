"""What an encoder has beside its products: each instruction set of this machine against the formulas in float64."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.kernels.cpu import encoder_arrays as arrays
from docqa.kernels.encoder import add_layer_norm, biased_gelu, encoder_attention
from docqa.kernels.encoder.native import add_layer_norm_native, biased_gelu_native, encoder_attention_native
from docqa.kernels.encoder.reference import (
    add_layer_norm_reference,
    biased_gelu_reference,
    distance_bias,
    encoder_attention_reference,
)
from docqa.kernels.errors import ShapeMismatch
from docqa.kernels.self_check import library

NATIVE = library()
needs_library = pytest.mark.skipif(NATIVE is None, reason="the native library is not built or not for this processor")
levels = pytest.mark.parametrize("level", [NATIVE.level, *range(1, NATIVE.level)] if NATIVE else [])


def texts(sizes, heads=2, dim=20, spare=3, seed=0):
    """q, k and v as columns of one matrix, starts, biases by distance, and shifts of q, k and v."""
    source = torch.Generator().manual_seed(seed)
    tokens, width = sum(sizes), heads * dim
    whole = torch.randn(tokens, 3 * width, generator=source)
    near = torch.randn(heads, 2 * (max(sizes) + spare) - 1, generator=source)
    shifts = tuple(torch.randn(3, width, generator=source))
    starts = torch.tensor([0, *sizes]).cumsum(0)
    return {"parts": whole.split(width, 1), "starts": starts, "heads": heads, "near": near, "shifts": shifts}


def attend(run, x, dtype=torch.float32, **more):
    near, shifts = (None, None) if x["near"] is None else (x["near"].to(dtype), tuple(s.to(dtype) for s in x["shifts"]))
    parts = (part.to(dtype) for part in x["parts"])
    return run(*parts, x["starts"], heads=x["heads"], near=near, shifts=shifts, **more)


@needs_library
@levels
@settings(deadline=None, max_examples=25)
@given(
    sizes=st.lists(st.integers(0, 90), min_size=1, max_size=5).filter(sum),
    heads=st.integers(1, 3), dim=st.sampled_from([1, 7, 20, 32, 64, 80]), biased=st.booleans(),
)  # fmt: skip
def test_attention_of_ragged_texts_equals_the_formula_in_float64(level, sizes, heads, dim, biased):
    x = texts(sizes, heads, dim)
    if not biased:
        x["near"] = None
    ours = attend(encoder_attention_native, x, library=NATIVE._replace(level=level))
    right = attend(encoder_attention_reference, x, torch.float64)
    # Scores of up to some 20 are off by their last place, 2e-6, and weights by as much of themselves.
    assert ours.shape == right.shape and (ours - right).abs().max() < 2e-5


@needs_library
@levels
def test_a_text_of_four_hundred_tokens_keeps_scores_far_apart(level):
    x = texts([400], heads=1, dim=64)
    x["near"] = x["near"] * 60  # weights from 1 down to nothing
    ours = attend(encoder_attention_native, x, library=NATIVE._replace(level=level))
    assert (ours - attend(encoder_attention_reference, x, torch.float64)).abs().max() < 1e-4  # scores of up to 250


@needs_library
def test_a_text_has_the_same_bits_whatever_stands_beside_it():
    x = texts([61, 12, 200], dim=32)
    whole = attend(encoder_attention_native, x, library=NATIVE)
    for first, last in zip(x["starts"][:-1], x["starts"][1:], strict=True):
        alone = x | {"parts": [part[first:last] for part in x["parts"]], "starts": torch.tensor([0, last - first])}
        assert torch.equal(attend(encoder_attention_native, alone, library=NATIVE), whole[first:last])


def test_biases_by_distance_are_those_of_every_two_tokens():
    near = torch.arange(9.0)[None]
    table = distance_bias(near, 3)[0]
    assert table.tolist() == [[4, 5, 6], [3, 4, 5], [2, 3, 4]]  # 4 of the same token; rows look at columns


def test_the_formula_of_attention_is_softmax_over_the_own_text():
    x = texts([5, 9], dim=8)
    q, k, v = (part + shift for part, shift in zip(x["parts"], x["shifts"], strict=True))
    right = []
    for text in (slice(0, 5), slice(5, 14)):
        a, b, c = (part[text].view(-1, 2, 8).transpose(0, 1) for part in (q, k, v))
        scores = a @ b.transpose(1, 2) / 8**0.5 + distance_bias(x["near"], a.shape[1])
        right.append((scores.softmax(-1) @ c).transpose(0, 1).flatten(1))
    assert (attend(encoder_attention_reference, x) - torch.cat(right)).abs().max() < 1e-5  # float32, another order


@needs_library
@levels
@pytest.mark.parametrize("dim", [1, 7, 64, 384, 770])
def test_layer_norms_of_a_sum_equal_the_formula_in_float64(level, dim):
    source = torch.Generator().manual_seed(dim)
    x, r = torch.randn(2, 9, dim, generator=source, dtype=torch.float64) * 3 + 2
    weight, bias, shift = torch.randn(3, dim, generator=source, dtype=torch.float64)
    for more, moved in ((r, shift), (r, None), (None, None)):
        right = add_layer_norm_reference(x, more, weight, bias, 1e-5, shift=moved)
        narrow = [None if part is None else part.float() for part in (x, more, weight, bias, moved)]
        ours = add_layer_norm_native(*narrow[:4], 1e-5, shift=narrow[4], library=NATIVE._replace(level=level))
        assert (ours - right).abs().max() < 1e-5  # the mean is up to 5, in float32, and results are up to 10


@needs_library
@levels
def test_gelu_of_a_sum_is_exact_to_float32(level):
    run = {"library": NATIVE._replace(level=level)}
    x, shift = torch.linspace(-12, 12, 24_010).view(-1, 10), torch.linspace(-1, 1, 10)
    right = biased_gelu_reference((x + shift).double())
    for ours in (biased_gelu_native(x, shift, **run), biased_gelu_native(x + shift, **run)):
        assert ((ours - right).abs() <= 3e-7 + 1.2e-7 * right.abs()).all()
    ends = torch.tensor([-3e38, -40.0, 0.0, 40.0, 3e38])
    found = biased_gelu_native(ends, **run)
    assert (found[:3].abs() < 3e-7).all() and torch.equal(found[3:], ends[3:])


@needs_library
def test_gelu_goes_where_it_is_told():
    x, shift = torch.randn(5, 33), torch.randn(33)
    right, memory = biased_gelu_native(x, shift, library=NATIVE), x.data_ptr()
    assert biased_gelu(x, shift, out=x).data_ptr() == memory and torch.equal(x, right)
    wide = torch.randn(5, 33, dtype=torch.float64)
    assert biased_gelu(wide, out=wide) is wide


@needs_library
def test_the_number_of_threads_does_not_change_a_bit_of_an_encoder():
    x = texts([300, 17, 64], heads=3, dim=32)
    wide, weight, bias = torch.randn(700, 96), torch.randn(96), torch.randn(96)
    found = []
    for threads in (1, 2, 3, 7):
        run = {"library": NATIVE._replace(threads=threads)}
        norm = add_layer_norm_native(wide, wide, weight, bias, 1e-5, shift=bias, **run)
        found.append([attend(encoder_attention_native, x, **run), norm, biased_gelu_native(wide, bias, **run)])
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


@needs_library
def test_what_does_not_fit_together_is_refused():
    q = np.zeros((9, 4), np.float32)
    with pytest.raises(ShapeMismatch, match="9"):
        arrays.encoder_attention(q, q, q, np.array([0, 8]), heads=1, library=NATIVE)
    with pytest.raises(ShapeMismatch, match="9 tokens"):
        arrays.encoder_attention(q, q, q, np.array([0, 9]), heads=1, near=q[:1], library=NATIVE)
    with pytest.raises(ShapeMismatch):
        arrays.biased_gelu(q, out=q[:, :3], library=NATIVE)


def test_gradients_go_through_the_formulas():
    x = texts([4, 6], dim=8)
    x["near"].requires_grad_()
    weight = torch.ones(16, requires_grad=True)
    seen = attend(encoder_attention, x)
    biased_gelu(add_layer_norm(seen, seen, weight, weight, 1e-5)).sum().backward()
    assert x["near"].grad.abs().sum() > 0 and weight.grad.abs().sum() > 0
