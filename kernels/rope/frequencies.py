"""Rotary frequencies: plain, under YaRN, or as a checkpoint has scaled them for its own whole
context.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class YarnOptions:
    """What a checkpoint may say about YaRN; the defaults are those of `transformers`."""

    beta_fast: float = 32.0
    beta_slow: float = 1.0
    truncate: bool = True
    attention_factor: float | None = None
    mscale: float | None = None
    mscale_all_dim: float | None = None


def yarn_magnitude(factor: float, options: YarnOptions) -> float:
    """Scale m of cos and sin under `factor`; 1 up to factor 1 unless the checkpoint states it."""
    if options.attention_factor is not None:
        return options.attention_factor

    def scaled(mscale: float) -> float:
        return 0.1 * mscale * math.log(factor) + 1.0 if factor > 1.0 else 1.0

    if options.mscale and options.mscale_all_dim:
        return scaled(options.mscale) / scaled(options.mscale_all_dim)
    return scaled(1.0)


def yarn_boundaries(
    dim: int, theta: float, native: int, options: YarnOptions
) -> tuple[float, float]:
    """Indices (low, high) of the frequency pairs between which the scaling ramps from none to
    whole.
    """

    def index_of(turns: float) -> float:
        return dim * math.log(native / (turns * 2 * math.pi)) / (2 * math.log(theta))

    low = index_of(options.beta_fast)
    high = index_of(options.beta_slow)
    if options.truncate:
        low = math.floor(low)
        high = math.ceil(high)
    return max(low, 0), min(high, dim - 1)


def frequencies(
    dim: int,
    theta: float,
    *,
    factor: float = 1.0,
    native: int = 0,
    options: YarnOptions | None = None,
) -> tuple[Tensor, float]:
    """Frequencies [dim / 2] in float64, in radians a token, and the scale m of cos and sin.

    `dim` dims of a head rotate, with base `theta`; the context may get `factor` times longer than
    the `native` tokens of training, which counts above 1. Source: Peng et al. 2023, "YaRN" (arXiv
    2309.00071), as `transformers` computes it.
    """
    plain = theta ** (-torch.arange(0, dim, 2, dtype=torch.float64) / dim)
    if factor <= 1.0:
        return plain, 1.0
    settings = options or YarnOptions()
    low, high = yarn_boundaries(dim, theta, native, settings)
    span = (high - low) or 0.001
    ramp = ((torch.arange(dim // 2, dtype=torch.float64) - low) / span).clamp(0, 1)
    return plain * (1 - ramp) + plain / factor * ramp, yarn_magnitude(factor, settings)


def scaled_frequencies(plain: Tensor, rope: Mapping[str, Any]) -> Tensor:
    """Frequencies [pairs], float64, as the rotary settings `rope` change the plain ones:
    `frequency_factors` [pairs] (GGUF's `rope_freqs`) divide them one by one, `linear` all by
    `factor`, `llama3` those of long waves."""
    if rope.get("frequency_factors"):
        return plain / torch.tensor(rope["frequency_factors"], dtype=torch.float64)
    if rope["rope_type"] == "linear":
        return plain / rope["factor"]
    return _llama3_frequencies(plain, rope)


def _llama3_frequencies(plain: Tensor, rope: Mapping[str, Any]) -> Tensor:
    """Waves longer than native / low are slowed by `factor`, shorter than native / high not;
    between, gradually.
    """
    low = rope["low_freq_factor"]
    high = rope["high_freq_factor"]
    turns = (
        rope["original_max_position_embeddings"] * plain / (2 * math.pi)
    )  # of each pair in the native context
    unscaled = ((turns - low) / (high - low)).clamp(0, 1)
    return plain * unscaled + plain / rope["factor"] * (1 - unscaled)


def rotation_table(
    positions: Tensor, freqs: Tensor, scale: float, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """cos and sin at `positions` [seq], in tokens: two tensors [seq, dim] (both halves alike).
    Angles are in float64: in float32 they are off by 0.035 radians at a million tokens."""
    angles = positions.double()[:, None] * freqs
    angles = torch.cat([angles, angles], -1)
    return (angles.cos() * scale).to(dtype), (angles.sin() * scale).to(dtype)
