"""Rotary frequencies and YaRN, against transformers and against float64."""

import math

import pytest
import torch
from transformers import Qwen3_5TextConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from docqa.kernels.rope import (
    YarnOptions,
    frequencies,
    rotate,
    rotate_native,
    rotate_reference,
    rotation_table,
    yarn_boundaries,
    yarn_magnitude,
)
from tests.kernels.machine import at_every_level

POSITIONS = torch.tensor([0, 4095, 262_143, 1_009_999])


def of_transformers(factor, partial, **extra):
    rope = dict(
        rope_type="yarn", rope_theta=1e7, partial_rotary_factor=partial, factor=factor, **extra
    )
    rope["original_max_position_embeddings"] = 262_144
    config = Qwen3_5TextConfig(
        hidden_size=64,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=256,
        num_hidden_layers=1,
        layer_types=["full_attention"],
        max_position_embeddings=262_144 * 4,
        rope_parameters=rope,
    )
    return ROPE_INIT_FUNCTIONS["yarn"](config, torch.device("cpu"))


@pytest.mark.parametrize("partial", [0.25, 1.0])
@pytest.mark.parametrize("factor", [2.0, 4.0])
def test_frequencies_and_scale_are_those_of_transformers(factor, partial):
    ours, scale = frequencies(int(256 * partial), 1e7, factor=factor, native=262_144)
    theirs, right = of_transformers(factor, partial)
    assert ((ours - theirs.double()) / theirs.double()).abs().max() < 2e-7
    assert scale == right
    for position in POSITIONS.tolist():
        assert (
            position * ours - (position * theirs).double()
        ).abs().max() < 0.05  # theirs are formed in float32


@pytest.mark.parametrize(
    "fields", [{"mscale": 1.0, "mscale_all_dim": 0.8}, {"attention_factor": 1.3}]
)
def test_fields_that_state_the_scale_are_used(fields):
    _, right = of_transformers(4.0, 0.25, **fields)
    assert yarn_magnitude(4.0, YarnOptions(**fields)) == right


def test_the_numbers_of_the_published_family():
    assert yarn_boundaries(64, 1e7, 262_144, YarnOptions()) == (14, 22)
    plain, one = frequencies(64, 1e7)
    stretched, scale = frequencies(64, 1e7, factor=4.0, native=262_144)
    ratio = stretched / plain
    assert one == 1.0 and scale == pytest.approx(1.138629, abs=1e-6)
    assert torch.equal(ratio[:15], torch.ones(15, dtype=torch.float64))
    assert ratio[18] == pytest.approx(0.625) and ratio[22:].tolist() == pytest.approx([0.25] * 10)


def test_angles_are_exact_at_a_million_tokens():
    freqs, _ = frequencies(64, 1e7)
    cos, sin = rotation_table(POSITIONS, freqs, 1.0, torch.float64)
    for row, position in enumerate(POSITIONS.tolist()):
        for column in range(32):
            angle = position * 1e7 ** (-2 * column / 64)
            assert (
                abs(cos[row, column] - math.cos(angle)) < 1e-9
                and abs(sin[row, column] - math.sin(angle)) < 1e-9
            )


def test_only_the_rotary_dims_turn_and_scores_depend_on_distance_alone():
    freqs, _ = frequencies(8, 100.0)
    x = torch.randn(1, 1, 1, 16, dtype=torch.float64).expand(1, 12, 1, 16)
    turned = rotate(x, *rotation_table(torch.arange(12), freqs, 1.0, torch.float64))
    assert torch.equal(turned[..., 8:], x[..., 8:]) and not torch.allclose(
        turned[0, 3, 0, :8], x[0, 3, 0, :8]
    )
    scores = turned[0, :, 0] @ turned[0, :, 0].T
    assert torch.allclose(scores.diagonal(3), scores[0, 3].expand(9), atol=1e-12)


def test_turning_again_by_the_difference_equals_turning_at_once():
    x = torch.randn(1, 5, 2, 16, dtype=torch.float64)
    at = torch.tensor([7, 90, 1000, 5000, 9000])
    plain, _ = frequencies(16, 1e4)
    stretched, scale = frequencies(16, 1e4, factor=4.0, native=4096)
    once = rotate(x, *rotation_table(at, stretched, scale, torch.float64))
    first = rotate(x, *rotation_table(at, plain, 1.0, torch.float64))
    twice = rotate(first, *rotation_table(at, stretched - plain, scale, torch.float64))
    assert (once - twice).abs().max() < 1e-11


@at_every_level
@pytest.mark.parametrize(("dim", "rotary"), [(128, 128), (64, 16), (24, 20)])
def test_the_native_rotation_has_the_bits_of_the_formula(native, dim, rotary):
    x = torch.randn(2, 9, 3, dim)
    cos = torch.randn(9, rotary)
    sin = torch.randn(9, rotary)
    turned = rotate_native(
        x.transpose(1, 2).contiguous().transpose(1, 2),
        cos,
        sin,
        library=native._replace(threads=2),
    )
    assert torch.equal(turned, rotate_reference(x, cos, sin))
