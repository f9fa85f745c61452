"""Sides of a comparison: docqa and transformers, each reads a prompt and goes on from it (llama.cpp: llama.py)."""

from __future__ import annotations

import time

import torch
from torch import Tensor

from docqa.model.cost.plan import yarn_factor_for
from docqa.model.decode.beams import Branches
from docqa.model.load import NetworkModel


class Docqa:
    """docqa as it is installed: all layers, its own choice of kernels and precision."""

    name = "docqa"

    def __init__(self, model: NetworkModel) -> None:
        self.model = model

    def run(self, ids: Tensor, count: int) -> tuple[float, float]:
        """Read `ids` [seq] to the next token's logits and write `count` tokens greedily; seconds of each."""
        reading = self.prefill(ids)
        token, branches = 1, Branches(self.model, self.state)
        token = int(branches.logits([token])[0].argmax())  # the first one prepares what the others use
        started = time.perf_counter()
        for _ in range(count):
            token = int(branches.logits([token])[0].argmax())
        return reading, time.perf_counter() - started

    def prefill(self, ids: Tensor) -> float:
        """Read `ids` [seq] from the beginning; seconds until the next token's logits are there."""
        started = time.perf_counter()
        self.state = self.model.new_state(yarn_factor_for(self.model.config, len(ids)))
        self.model.logits(self.model.prefill(ids, self.state))
        return time.perf_counter() - started


class Transformers:
    """transformers on the same weights in float32, with torch's fused attention."""

    name = "transformers"

    def __init__(self, model: NetworkModel) -> None:
        from docqa.model.checkpoints.check import transformers_model

        self.network = transformers_model(model.folder, model.config)
        self.network.set_attn_implementation("sdpa")

    def run(self, ids: Tensor, count: int) -> tuple[float, float]:
        """Read `ids` [seq] from the beginning and write `count` tokens greedily; seconds of each."""
        started = time.perf_counter()
        with torch.inference_mode():
            cache = self.network(ids[None], use_cache=True, logits_to_keep=1).cache
            read = time.perf_counter()
            token = torch.tensor([[1]])
            for number in range(count + 1):
                if number == 1:
                    first = time.perf_counter()
                token = self.network(token, cache=cache, use_cache=True).logits[:, -1:].argmax(-1)
        return read - started, time.perf_counter() - first
