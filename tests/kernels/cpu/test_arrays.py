"""The native kernels on arrays give the bits of the same kernels on tensors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.kernels.activation import silu_product
from docqa.kernels.conv import unit_conv
from docqa.kernels.cpu import arrays
from docqa.kernels.cpu.arrays import PackedMatrix
from docqa.kernels.delta import delta_rule
from docqa.kernels.norm import gated_norm, zero_centred_norm
from docqa.kernels.self_check import library as native

library = native()
pytestmark = pytest.mark.skipif(library is None, reason="the native library is not here")
seeds = st.integers(0, 1_000)


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def equal(ours: np.ndarray, right: torch.Tensor) -> bool:
    return ours.dtype == np.float32 and np.array_equal(ours, right.numpy())


@settings(deadline=None, max_examples=20)
@given(seeds, st.integers(1, 70))
def test_delta_rule_from_an_empty_memory(seed, seq):
    unit = [x / np.linalg.norm(x, axis=-1, keepdims=True) for x in normal(seed, 2, 1, seq, 2, 32)]
    v, decay, beta = normal(seed, 1, seq, 2, 16), -np.abs(normal(seed, 1, seq, 2)), np.abs(normal(seed, 1, seq, 2)) / 4
    ours, _ = arrays.delta_rule(*unit, v, decay=decay, beta=beta, library=library)
    q, k, v, decay, beta = map(torch.from_numpy, (*unit, v, decay, beta))
    assert equal(ours, delta_rule(q, k, v, decay=decay, beta=beta)[0])


@settings(deadline=None, max_examples=20)
@given(seeds, st.integers(1, 30))
def test_convolution_norms_and_gate(seed, seq):
    x, weight = normal(seed, 1, seq, 60), normal(seed, 60, 1, 4)
    ours = arrays.causal_conv(x, weight, unit=(2, 20), library=library)
    unit, rest, _ = unit_conv(torch.from_numpy(x), torch.from_numpy(weight), heads=2, dim=20)
    assert equal(ours[..., :40], unit.flatten(2)) and equal(ours[..., 40:], rest)
    z, gain = normal(seed + 1, 1, seq, 60), normal(seed, 60)
    tensors = [torch.from_numpy(part) for part in (x, z, gain)]
    normed = arrays.zero_centred_norm(x, gain, 1e-6, library=library)
    assert equal(normed, zero_centred_norm(tensors[0], tensors[2], 1e-6))
    assert equal(arrays.gated_norm(x, z, gain, 1e-6, library=library), gated_norm(*tensors, 1e-6))
    assert equal(arrays.silu_product(x, z, library=library), silu_product(*tensors[:2]))


def test_arrays_that_the_kernels_cannot_read_are_refused():
    x = normal(1, 4, 128)
    with pytest.raises(ValueError, match="not float32 in order"):
        arrays.silu_product(x.T, x.T, library=library)
    with pytest.raises(ValueError, match="no packed matrix"):
        PackedMatrix.of(np.zeros((3, 10), np.uint8), np.zeros((3, 2), np.float16), np.zeros((3, 2), np.float16))
