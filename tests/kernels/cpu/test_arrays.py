"""The native kernels on arrays, and on tensors by them."""

import numpy as np
import pytest
import torch

from docqa.kernels.activation import silu_product_native
from docqa.kernels.cpu import arrays
from docqa.kernels.cpu.arrays import PackedMatrix
from tests.kernels.machine import NATIVE, needs_library

pytestmark = needs_library


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


@pytest.mark.parametrize("seq", [3, 70])
def test_an_empty_memory_and_nothing_before_are_zeros(seq):
    x = normal(1, 1, seq, 2, 32)
    v = normal(2, 1, seq, 2, 16)
    decay = -np.ones((1, seq, 2))
    weight = normal(3, 64, 4)
    gates = {
        "decay": decay.astype(np.float32),
        "beta": np.full((1, seq, 2), 0.2, np.float32),
        "library": NATIVE,
    }
    zeros = np.zeros((1, 2, 32, 16), np.float32)
    for one, other in zip(
        arrays.delta_rule(x, x, v, **gates), arrays.delta_rule(x, x, v, **gates, state=zeros)
    ):
        assert np.array_equal(one, other)
    flat = x.reshape(1, seq, 64)
    before = np.zeros((1, 3, 64), np.float32)
    found = (
        arrays.causal_conv(flat, weight, past, unit=(1, 32), library=NATIVE)
        for past in (None, before)
    )
    assert np.array_equal(*found)


def test_tensors_in_any_order_and_dtype_are_read_and_keep_their_dtype():
    x = torch.from_numpy(normal(1, 5, 60))
    z = torch.from_numpy(normal(2, 60, 5)).T
    right = arrays.silu_product(x.numpy(), np.ascontiguousarray(z.numpy()), library=NATIVE)
    assert np.array_equal(silu_product_native(x.requires_grad_(), z, library=NATIVE).numpy(), right)
    assert silu_product_native(x.bfloat16(), z, library=NATIVE).dtype == torch.bfloat16


def test_arrays_that_the_kernels_cannot_read_are_refused():
    x = normal(1, 4, 128)
    with pytest.raises(ValueError, match="not float32 in order"):
        arrays.silu_product(x.T, x.T, library=NATIVE)
    with pytest.raises(ValueError, match="no packed matrix"):
        PackedMatrix.from_parts(
            np.zeros((3, 10), np.uint8), np.zeros((3, 2), np.float16), np.zeros((3, 2), np.float16)
        )
