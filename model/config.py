"""Configuration of the dense hybrid, fields spelled as in a `qwen3_5_text` checkpoint's config.json."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

LONGEST_CONTEXT = 1_048_576


@dataclass(frozen=True)
class HybridConfig:
    """Sizes of one model; `layer_types` alone decides which mixer a layer has."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    linear_num_key_heads: int
    linear_num_value_heads: int
    linear_key_head_dim: int
    linear_value_head_dim: int
    layer_types: tuple[str, ...]
    linear_conv_kernel_dim: int = 4
    rms_norm_eps: float = 1e-6
    max_position_embeddings: int = 262_144
    tie_word_embeddings: bool = False
    rope_parameters: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> HybridConfig:
        """Read a config.json's content; unknown keys are left to whoever reads the rest of the file."""
        known = {f.name: raw[f.name] for f in fields(cls) if f.name in raw}
        if "layer_types" not in known:
            interval = raw.get("full_attention_interval", 4)
            known["layer_types"] = [
                "linear_attention" if (i + 1) % interval else "full_attention" for i in range(raw["num_hidden_layers"])
            ]
        known["layer_types"] = tuple(known["layer_types"])
        return cls(**known)

    @classmethod
    def from_folder(cls, folder: Path) -> HybridConfig:
        return cls.from_dict(json.loads((folder / "config.json").read_text(encoding="utf-8")))

    @property
    def rotary_dim(self) -> int:
        return int(self.head_dim * self.rope_parameters.get("partial_rotary_factor", 0.25))

    def rotary_frequencies(self, factor: float = 1.0) -> tuple[Tensor, float]:
        """Frequencies [rotary_dim / 2] in float64 and the scale of cos and sin, under YaRN `factor` (1: plain RoPE).

        Source: Peng et al. 2023, "YaRN" (arXiv 2309.00071), as `transformers` computes it (beta_fast 32, beta_slow 1).
        """
        dim, base = self.rotary_dim, float(self.rope_parameters.get("rope_theta", 10_000_000.0))
        index = torch.arange(0, dim, 2, dtype=torch.float64)
        plain = base ** (-index / dim)
        if factor <= 1.0:
            return plain, 1.0
        native = self.rope_parameters.get("original_max_position_embeddings", self.max_position_embeddings)

        def boundary(turns: float) -> float:
            return dim * math.log(native / (turns * 2 * math.pi)) / (2 * math.log(base))

        low, high = max(math.floor(boundary(32.0)), 0), min(math.ceil(boundary(1.0)), dim - 1)
        span = (high - low) or 0.001
        ramp = ((torch.arange(dim // 2, dtype=torch.float64) - low) / span).clamp(0, 1)
        return plain * (1 - ramp) + plain / factor * ramp, 0.1 * math.log(factor) + 1.0
