"""Norms and the causal convolution."""

from functools import partial

import pytest
import torch
from torch.nn import functional

from docqa.kernels.conv.reference import causal_conv_reference
from docqa.kernels.conv.unit import causal_conv_fused, causal_conv_native
from docqa.kernels.norm import gated_norm, zero_centred_norm
from docqa.kernels.norm.reference import gated_norm_reference, zero_centred_norm_reference
from docqa.kernels.self_check import library

CONVOLUTIONS = [(causal_conv_reference, 1e-6), (causal_conv_fused, 1e-6)]
CONVOLUTIONS += [(partial(causal_conv_native, library=library()), 0)] if library() else []


def test_a_zero_centred_norm_of_weight_zero_has_unit_gain():
    x = torch.randn(5, 40, dtype=torch.float64)
    out = zero_centred_norm(x, torch.zeros(40, dtype=torch.float64), 0.0)
    assert torch.allclose(out.square().mean(-1), torch.ones(5, dtype=torch.float64), atol=1e-14)


def test_a_gated_norm_of_weight_zero_gives_zero():
    x, z = torch.randn(2, 5, 40).unbind()
    assert gated_norm(x, z, torch.zeros(40), 1e-6).abs().max() == 0


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_fused_norms_equal_their_formulas(dtype):
    x = torch.randn(7, 24).to(dtype)
    z = torch.randn(7, 24).to(dtype)
    weight = torch.randn(24, dtype=torch.float64)
    bound = {torch.float64: 1e-14, torch.float32: 1e-5, torch.bfloat16: 0.1}[dtype]
    assert (
        zero_centred_norm(x, weight, 1e-6) - zero_centred_norm_reference(x, weight, 1e-6)
    ).abs().max() < bound
    assert (
        gated_norm(x, z, weight, 1e-6) - gated_norm_reference(x, z, weight, 1e-6)
    ).abs().max() < bound


def test_impulse_response_is_the_taps_reversed():
    x = torch.zeros(1, 6, 2, dtype=torch.float64)
    x[0, 1] = 1
    weight = torch.tensor([[[1.0, 2, 3, 4]], [[5.0, 6, 7, 8]]], dtype=torch.float64)
    out, _ = causal_conv_fused(x, weight)
    right = functional.silu(
        torch.tensor([[0.0, 4, 3, 2, 1, 0], [0.0, 8, 7, 6, 5, 0]], dtype=torch.float64)
    ).T
    assert torch.equal(out[0], right)


@pytest.mark.parametrize(("form", "bound"), CONVOLUTIONS)
def test_short_pieces_carry_their_history_exactly(form, bound):
    x = torch.randn(2, 20, 11)
    weight = torch.randn(11, 1, 4)
    whole, tail = form(x, weight)
    history = None
    pieces = []
    for start, stop in ((0, 1), (1, 2), (2, 5), (5, 18), (18, 20)):
        out, history = form(x[:, start:stop], weight, history)
        pieces.append(out)
    # SiLU itself may round the last bit differently in vector registers and in the remainder of a
    # row.
    assert torch.allclose(torch.cat(pieces, 1), whole, atol=bound, rtol=0)
    assert torch.equal(history, tail) and torch.equal(tail, x[:, -3:])


def test_the_fused_convolution_equals_the_reference():
    x = torch.randn(2, 20, 6, dtype=torch.float64)
    weight = torch.randn(6, 1, 4, dtype=torch.float64)
    assert torch.allclose(
        causal_conv_fused(x, weight)[0], causal_conv_reference(x, weight)[0], atol=1e-14, rtol=0
    )
