"""A checkpoint of random weights in docqa's own 4 bits, written layer by layer: for timing sizes that cannot be had.

Its layout is that of `docqa models quantize`. Bits of matrices are random, their scales such that what goes through a
layer keeps its size; experts are chosen evenly, where trained routers prefer some.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from docqa.app.models.library import bundled
from docqa.model.checkpoints.layout import expert_names
from docqa.model.checkpoints.quantize import Shards, is_quantized
from docqa.model.checkpoints.weights import CONFIG_KEY
from docqa.model.config import HybridConfig
from docqa.model.hybrid import Hybrid

_SPREAD_4, _SPREAD_8 = 4.61, 73.9  # standard deviations of evenly drawn codes


def write_random(folder: Path, raw: Mapping[str, object], seed: int = 20251) -> HybridConfig:
    """Write a checkpoint of the architecture `raw`, a config.json's content, into `folder`; about a file in memory.

    It has a tokenizer too, the bundled one, so that it can be loaded as any other. Raises OSError.
    """
    config = HybridConfig.from_dict(dict(raw))
    with torch.device("meta"):
        shapes = {name: tuple(part.shape) for name, part in Hybrid(config).state_dict().items()}
    source, shards = RandomSource(seed), Shards(folder)
    parts = chain.from_iterable(source.tensor(name, shapes[name]) for name in shapes if ".experts." not in name)
    experts = sorted(name.removesuffix(".down_proj") for name in shapes if name.endswith(".experts.down_proj"))
    each = chain.from_iterable(
        source.expert(name, number, config) for name in experts for number in range(config.num_experts)
    )
    for name, part in chain(parts, each):
        shards.add(name, part)
    shards.finish()
    (folder / "config.json").write_text(json.dumps({**raw, CONFIG_KEY: {"group_size": 64, "bits": 4}}))
    (folder / "tokenizer.json").write_bytes((bundled() / "tokenizer.json").read_bytes())
    return config


class RandomSource:
    """Random tensors as they are stored, by the names of a checkpoint; equal for equal seeds and calls."""

    def __init__(self, seed: int) -> None:
        self.bits, self.numbers = np.random.default_rng(seed), torch.Generator().manual_seed(seed)

    def tensor(self, name: str, shape: tuple[int, ...]) -> Iterator[tuple[str, Tensor]]:
        """A tensor of the network, in parts where it is quantized."""
        stored = name if name.startswith("lm_head") else f"model.{name}"
        if not is_quantized(name, torch.empty(shape, device="meta")):
            yield stored, self._number(name, shape)
            return
        rows, columns = shape
        yield from self.matrix(stored, (rows, columns), bits=8 if name.startswith(("embed_tokens", "lm_head")) else 4)

    def expert(self, experts: str, number: int, config: HybridConfig) -> Iterator[tuple[str, Tensor]]:
        """The three matrices of an expert."""
        gate, up, down = (f"model.{name}" for name in expert_names(experts, number))
        inner, hidden = config.moe_intermediate_size, config.hidden_size
        for name, shape in ((gate, (inner, hidden)), (up, (inner, hidden)), (down, (hidden, inner))):
            yield from self.matrix(name, shape)

    def matrix(self, name: str, shape: tuple[int, int], bits: int = 4) -> Iterator[tuple[str, Tensor]]:
        """The parts q, scale and zero of a matrix [rows, columns]."""
        rows, columns = shape
        codes = self.bits.integers(0, 256, (rows, columns * bits // 8), dtype=np.uint8)
        q, middle, spread = torch.from_numpy(codes), 7.5, _SPREAD_4
        if bits == 8:
            q, middle, spread = q.view(torch.int8), -0.5, _SPREAD_8
        groups = torch.rand(2, rows, columns // 64, generator=self.numbers)
        yield f"{name}.q", q
        yield f"{name}.scale", ((0.75 + groups[0] / 2) / (spread * math.sqrt(columns))).half()
        yield f"{name}.zero", (middle + groups[1] - 0.5).half()

    def _number(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """A tensor that is not quantized, float32."""
        drawn = torch.randn(shape, generator=self.numbers)
        if name.endswith("A_log"):
            return torch.empty(shape).uniform_(0.01, 16, generator=self.numbers).log()
        if name.endswith(("dt_bias", "linear_attn.norm.weight")):
            return 1 + 0.1 * drawn
        if name.endswith("norm.weight"):
            return 0.1 * drawn  # of a zero-centred norm
        return drawn / math.sqrt(shape[-1])
