"""Rotary frequencies that a checkpoint has scaled once, for its own whole context."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


def scaled_frequencies(plain: Tensor, rope: Mapping[str, Any]) -> Tensor:
    """Frequencies [pairs] as the rotary settings `rope` of a checkpoint change the plain ones, float64.

    `frequency_factors` [pairs] (GGUF's tensor `rope_freqs`) divide them one by one; `linear` divides all by `factor`;
    `llama3` those of long waves, as `transformers` does it.
    """
    if rope.get("frequency_factors"):
        return plain / torch.tensor(rope["frequency_factors"], dtype=torch.float64)
    if rope["rope_type"] == "linear":
        return plain / rope["factor"]
    return _llama3(plain, rope)


def _llama3(plain: Tensor, rope: Mapping[str, Any]) -> Tensor:
    """Waves longer than native / low are slowed by `factor`, those shorter than native / high are left, and between
    the two the change is gradual.
    """
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    turns = rope["original_max_position_embeddings"] * plain / (2 * math.pi)  # of each pair in the native context
    kept = ((turns - low) / (high - low)).clamp(0, 1)
    return plain * kept + plain / rope["factor"] * (1 - kept)
