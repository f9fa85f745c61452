"""Norms and convolution in Triton: in the interpreter against the formulas in float64, and on a
device where one is.
"""

import pytest
import torch

from docqa.kernels import gpu
from docqa.kernels.conv import unit_conv
from docqa.kernels.conv.reference import causal_conv_reference
from docqa.kernels.conv.unit import unit_conv_reference
from docqa.kernels.norm import gated_norm, zero_centred_norm
from docqa.kernels.norm.reference import gated_norm_reference, zero_centred_norm_reference

NORM, GATED = (f"docqa.kernels.norm.gpu:{name}_norm_gpu" for name in ("zero_centred", "gated"))
UNIT = "docqa.kernels.conv.gpu:unit_conv_gpu"
# Computed in float32: 2e-6 of the largest number. What comes out in 16 bits is rounded once: by
# half a step in float16, by a whole one in bfloat16, where the interpreter cuts off what a device
# rounds.
ROUNDED = {torch.float32: 0.0, torch.bfloat16: 2.0**-7, torch.float16: 2.0**-11}


def normal(*shape, seed=0, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed + sum(shape))).to(dtype)


def assert_near(found, right):
    bound = 2e-6 * max(1.0, float(right.abs().max())) + ROUNDED[found.dtype] * right.abs()
    assert found.shape == right.shape
    assert ((found.double() - right).abs() <= bound).all(), float(
        (found.double() - right).abs().max()
    )


@pytest.mark.parametrize("dtype", list(ROUNDED))
@pytest.mark.parametrize("shape", [(1, 1), (2, 3, 24), (70, 5), (3, 300)])
def test_norms_equal_their_formulas(interpreted, shape, dtype):
    x = normal(*shape, dtype=dtype)
    z = normal(*shape, seed=1, dtype=dtype)
    weight = normal(shape[-1], seed=2)
    wide = [t.double() for t in (x, z, weight)]
    for found in (interpreted(NORM, x, weight, 1e-6), interpreted(GATED, x, z, weight, 1e-6)):
        assert found.dtype == dtype
    assert_near(
        interpreted(NORM, x, weight, 1e-6), zero_centred_norm_reference(wide[0], wide[2], 1e-6)
    )
    assert_near(interpreted(GATED, x, z, weight, 1e-6), gated_norm_reference(*wide, 1e-6))


def test_norms_read_views_and_strong_gates(interpreted):
    x = normal(4, 6, 20)[:, ::2, 1:18]
    z = 60 * normal(4, 3, 17, seed=1)
    weight = normal(17, seed=2)
    assert_near(
        interpreted(NORM, x, weight, 1e-6),
        zero_centred_norm_reference(x.double(), weight.double(), 1e-6),
    )
    right = gated_norm_reference(x.double(), z.double(), weight.double(), 1e-6)
    assert_near(interpreted(GATED, x, z, weight, 1e-6), right)
    assert interpreted(NORM, x[:0], weight, 1e-6).shape == (0, 3, 17)


@pytest.mark.parametrize("dtype", list(ROUNDED))
@pytest.mark.parametrize(("seq", "before"), [(1, False), (2, True), (3, False), (19, True)])
def test_convolutions_equal_their_formulas(interpreted, seq, before, dtype):
    x = normal(2, seq, 75, dtype=dtype)
    weight = normal(75, 1, 4, seed=1, dtype=dtype)
    history = normal(2, 3, 75, seed=2, dtype=dtype) if before else None
    wide = x.double(), weight.double(), None if history is None else history.double()
    unit, rest, tail = interpreted(UNIT, x, weight, history, heads=3, dim=7)
    right_unit, right_rest, right_tail = unit_conv_reference(*wide, heads=3, dim=7)
    assert unit.dtype == rest.dtype == torch.float32 and tail.dtype == dtype
    assert_near(unit, right_unit)
    assert_near(rest, right_rest)
    assert torch.equal(tail.double(), right_tail)


@pytest.mark.parametrize("taps", [1, 2, 5])
def test_any_number_of_taps_in_pieces_equals_the_whole(interpreted, taps):
    x = normal(1, 14, 18)[..., 1:11]
    weight = normal(10, taps, seed=1)
    _, whole, end = interpreted(UNIT, x, weight, heads=0, dim=1)
    history = None
    pieces = []
    for start, stop in ((0, 1), (1, 3), (3, 14)):
        _, out, history = interpreted(UNIT, x[:, start:stop], weight, history, heads=0, dim=1)
        pieces.append(out)
    assert torch.equal(torch.cat(pieces, 1), whole) and torch.equal(history, end)
    assert_near(whole, causal_conv_reference(x.double(), weight.double())[0])


def test_heads_may_take_all_channels(interpreted):
    x = normal(1, 5, 12)
    weight = normal(12, 4, seed=1)
    unit, rest, _ = interpreted(UNIT, x, weight, heads=4, dim=3)
    assert_near(unit, unit_conv_reference(x.double(), weight.double(), heads=4, dim=3)[0])
    assert rest.shape == (1, 5, 0)


@pytest.mark.gpu
@pytest.mark.skipif(not gpu.is_available(), reason="no accelerator, or no Triton")
@pytest.mark.parametrize("dtype", list(ROUNDED))
def test_on_a_device_norms_equal_their_formulas(dtype):
    x = normal(33, 576, dtype=dtype)
    z = normal(33, 576, seed=1, dtype=dtype)
    weight = normal(576, seed=2)
    wide = [t.double() for t in (x, z, weight)]
    x = x.cuda()
    z = z.cuda()
    weight = weight.cuda()
    assert_near(
        zero_centred_norm(x, weight, 1e-6).cpu(),
        zero_centred_norm_reference(wide[0], wide[2], 1e-6),
    )
    assert_near(gated_norm(x, z, weight, 1e-6).cpu(), gated_norm_reference(*wide, 1e-6))


@pytest.mark.gpu
@pytest.mark.skipif(not gpu.is_available(), reason="no accelerator, or no Triton")
@pytest.mark.parametrize("dtype", list(ROUNDED))
def test_on_a_device_convolutions_equal_their_formulas(dtype):
    parts = (
        normal(2, 300, 1728, dtype=dtype),
        normal(1728, 4, seed=1, dtype=dtype),
        normal(2, 3, 1728, dtype=dtype),
    )
    wide = [t.double() for t in parts]
    here = [t.cuda() for t in parts]
    for ours, right in zip(
        unit_conv(*here, heads=18, dim=64), unit_conv_reference(*wide, heads=18, dim=64)
    ):
        assert_near(ours.cpu(), right)


@pytest.mark.gpu
@pytest.mark.skipif(not gpu.is_available(), reason="no accelerator, or no Triton")
def test_on_a_device_offsets_pass_two_to_the_31():
    x = torch.empty(1, 2**21 + 8, 1024, dtype=torch.bfloat16, device="cuda").normal_()
    weight = torch.randn(1024, 4, device="cuda", dtype=torch.bfloat16)
    whole, short = (unit_conv(part, weight, heads=4, dim=64)[:2] for part in (x, x[:, -7:].clone()))
    assert all(
        torch.equal(one[:, -4:], other[:, -4:]) for one, other in zip(whole, short, strict=True)
    )
