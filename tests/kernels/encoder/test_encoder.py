"""What an encoder has beside its products: each instruction set of this machine and numpy, against
float64.
"""

import math

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from docqa.kernels.encoder import add_layer_norm, biased_gelu, encoder_attention
from docqa.kernels.encoder.reference import (
    add_layer_norm_reference,
    distance_bias,
    encoder_attention_reference,
)
from docqa.kernels.errors import ShapeMismatch
from tests.kernels.machine import LEVELS_HERE, NATIVE, needs_library

levels = pytest.mark.parametrize("level", [0, *LEVELS_HERE])


def at(level):
    """The library at a level, None (numpy) for 0."""
    return NATIVE._replace(level=level) if level else None


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def texts(sizes, heads=2, dim=20, spare=3):
    """q, k and v as columns of one matrix, starts, biases by distance, and shifts of q, k and v."""
    width = heads * dim
    return {
        "parts": np.split(normal(0, sum(sizes), 3 * width), 3, 1),
        "starts": np.cumsum([0, *sizes]),
        "heads": heads,
        "near": normal(1, heads, 2 * (max(sizes) + spare) - 1),
        "shifts": tuple(normal(2, 3, width)),
    }


def attend(x, **more):
    return encoder_attention(
        *x["parts"], x["starts"], heads=x["heads"], near=x["near"], shifts=x["shifts"], **more
    )


def attend_in_float64(x):
    near = x["near"]
    shifts = x["shifts"]
    wide = (
        None if near is None else near.astype(float),
        shifts and tuple(part.astype(float) for part in shifts),
    )
    parts = (part.astype(float) for part in x["parts"])
    return encoder_attention_reference(
        *parts, x["starts"], heads=x["heads"], near=wide[0], shifts=wide[1]
    )


@levels
@settings(deadline=None, max_examples=25)
@example(sizes=[0, 1], heads=1, dim=1, biased=False)
@given(
    sizes=st.lists(st.integers(0, 90), min_size=1, max_size=5).filter(sum),
    heads=st.integers(1, 3),
    dim=st.sampled_from([1, 7, 20, 32, 64, 80]),
    biased=st.booleans(),
)
def test_attention_of_ragged_texts_equals_the_formula_in_float64(level, sizes, heads, dim, biased):
    x = texts(sizes, heads, dim)
    if not biased:
        x |= {"near": None, "shifts": None}
    ours = attend(x, library=at(level))
    right = attend_in_float64(x)
    # Scores of up to some 20 are off by their last place, 2e-6, and weights by as much of
    # themselves.
    assert (
        ours.dtype == np.float32 and ours.shape == right.shape and np.abs(ours - right).max() < 2e-5
    )


@levels
def test_a_text_of_four_hundred_tokens_keeps_scores_far_apart(level):
    x = texts([400], heads=1, dim=64)
    x["near"] *= 60  # weights from 1 down to nothing
    assert (
        np.abs(attend(x, library=at(level)) - attend_in_float64(x)).max() < 1e-4
    )  # scores of up to 250


@needs_library
def test_a_text_has_the_same_bits_whatever_stands_beside_it():
    x = texts([61, 12, 200], dim=32)
    whole = attend(x, library=NATIVE)
    for first, last in zip(x["starts"], x["starts"][1:], strict=False):
        alone = x | {
            "parts": [part[first:last] for part in x["parts"]],
            "starts": np.array([0, last - first]),
        }
        assert np.array_equal(attend(alone, library=NATIVE), whole[first:last])


def test_biases_by_distance_are_those_of_every_two_tokens():
    table = distance_bias(np.arange(9.0)[None], 3)[0]
    assert table.tolist() == [
        [4, 5, 6],
        [3, 4, 5],
        [2, 3, 4],
    ]  # 4 of the same token; rows look at columns


def test_the_formula_of_attention_is_that_of_torch():
    x = texts([5, 9], dim=8)
    q, k, v = (part + shift for part, shift in zip(x["parts"], x["shifts"], strict=True))
    right = []
    for text in (slice(0, 5), slice(5, 14)):
        a, b, c = (
            torch.from_numpy(part[text]).view(-1, 2, 8).transpose(0, 1) for part in (q, k, v)
        )
        bias = torch.from_numpy(distance_bias(x["near"], a.shape[1]))
        mixed = torch.nn.functional.scaled_dot_product_attention(a, b, c, attn_mask=bias)
        right.append(mixed.transpose(0, 1).flatten(1).numpy())
    assert (
        np.abs(attend(x, library=None) - np.concatenate(right)).max() < 1e-5
    )  # float32, another order


@levels
@pytest.mark.parametrize("dim", [1, 7, 64, 384, 770])
def test_layer_norms_of_a_sum_equal_the_formula_in_float64(level, dim):
    x, r = normal(dim, 2, 9, dim) * 3 + 2
    weight, bias, shift = normal(dim + 1, 3, dim)
    for more, moved in ((r, shift), (r, None), (None, None)):
        wide = [
            None if part is None else part.astype(float) for part in (x, more, weight, bias, moved)
        ]
        right = add_layer_norm_reference(*wide[:4], 1e-5, shift=wide[4])
        ours = add_layer_norm(x, more, weight, bias, 1e-5, shift=moved, library=at(level))
        assert (
            np.abs(ours - right).max() < 1e-5
        )  # the mean is up to 5, in float32, and results are up to 10


def test_the_formula_of_a_layer_norm_is_that_of_torch():
    x = normal(3, 9, 64)
    weight = normal(4, 64)
    bias = normal(5, 64)
    right = torch.nn.functional.layer_norm(
        *map(torch.from_numpy, (x,)), (64,), *map(torch.from_numpy, (weight, bias))
    )
    assert (
        np.abs(add_layer_norm(x, None, weight, bias, 1e-5, library=None) - right.numpy()).max()
        < 1e-5
    )


@levels
def test_gelu_of_a_sum_is_exact_to_float32_and_in_place(level):
    x = np.linspace(-12, 12, 24_010, dtype=np.float32).reshape(-1, 10)
    shift = np.linspace(-1, 1, 10, dtype=np.float32)
    total = (x + shift).astype(float)
    right = total * (1 + np.vectorize(math.erf)(total / math.sqrt(2))) / 2
    ours = biased_gelu(x, shift, library=at(level))
    assert ours is x and (np.abs(ours - right) <= 3e-7 + 1.2e-7 * np.abs(right)).all()
    ends = np.array([[-3e38, -40.0, 0.0, 40.0, 3e38]], np.float32)
    found = biased_gelu(ends.copy(), np.zeros(5, np.float32), library=at(level))[0]
    assert (np.abs(found[:3]) < 3e-7).all() and np.array_equal(found[3:], ends[0, 3:])


@needs_library
def test_the_number_of_threads_does_not_change_a_bit_of_an_encoder():
    x = texts([300, 17, 64], heads=3, dim=32)
    wide = normal(1, 700, 96)
    weight = normal(2, 96)
    bias = normal(3, 96)
    found = []
    for threads in (1, 2, 3, 7):
        run = {"library": NATIVE._replace(threads=threads)}
        norm = add_layer_norm(wide, wide, weight, bias, 1e-5, shift=bias, **run)
        found.append([attend(x, **run), norm, biased_gelu(wide.copy(), bias, **run)])
    for other in found[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(found[0], other, strict=True))


@levels
def test_what_does_not_fit_together_is_refused(level):
    q = np.zeros((9, 4), np.float32)
    with pytest.raises(ShapeMismatch, match="9"):
        encoder_attention(q, q, q, np.array([0, 8]), heads=1, library=at(level))
    with pytest.raises(ShapeMismatch, match="9 tokens"):
        encoder_attention(q, q, q, np.array([0, 9]), heads=1, near=q[:1], library=at(level))
    with pytest.raises(ShapeMismatch, match="strides"):
        biased_gelu(q[:, :3], q[0, :3], library=at(level))
