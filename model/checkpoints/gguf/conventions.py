"""Where a GGUF file's tensors differ from a checkpoint's, both ways.

Norms are 1 + w, the decay is -exp(A_log), the convolution has no middle axis, and in `qwen35` and `qwen35moe` value
heads that share a key head take turns instead of standing together.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from docqa.model.config import HybridConfig
from docqa.model.families import NEXT

Change = Callable[[Tensor], Tensor]


def unchanged(x: Tensor) -> Tensor:
    """The tensor itself."""
    return x


def to_file(config: HybridConfig, name: str) -> Change:
    """What turns the checkpoint's tensor `name` into the file's."""
    if "linear_attn." not in name:
        if name.endswith("shared_expert_gate.weight"):
            return lambda x: x[0].float()
        return (lambda x: x.float() + 1) if "norm" in name else unchanged
    part = name.rpartition("linear_attn.")[2]
    move = _moved_heads(config, part, config.linear_num_key_heads, -1)
    if part == "conv1d.weight":
        return lambda x: move(x[:, 0])
    return (lambda x: move(-x.float().exp())) if part == "A_log" else move


def to_checkpoint(config: HybridConfig, name: str) -> Change:
    """What turns the file's tensor into the checkpoint's tensor `name`."""
    if "linear_attn." not in name:
        if name.endswith("shared_expert_gate.weight"):
            return lambda x: x.reshape(1, -1)
        return (lambda x: x - 1) if "norm" in name else unchanged
    part = name.rpartition("linear_attn.")[2]
    move = _moved_heads(config, part, -1, config.linear_num_key_heads)
    if part == "conv1d.weight":
        return lambda x: move(x)[:, None]
    return (lambda x: move(x.neg().log())) if part == "A_log" else move


def _moved_heads(config: HybridConfig, part: str, outer: int, inner: int) -> Change:
    """Puts the value heads of a delta net's tensor, seen as [outer, inner], in the order [inner, outer]."""
    dim, keys = config.linear_value_head_dim, 2 * config.linear_num_key_heads * config.linear_key_head_dim
    if config.model_type == NEXT or part == "norm.weight":
        return unchanged

    def move(x: Tensor, rows: int = 1) -> Tensor:
        return x.reshape(outer, inner, rows, *x.shape[1:]).transpose(0, 1).reshape(x.shape)

    if part in ("in_proj_qkv.weight", "conv1d.weight"):
        return lambda x: torch.cat([x[:keys], move(x[keys:], dim)])
    if part == "in_proj_z.weight":
        return lambda x: move(x, dim)
    return (lambda x: move(x.t(), dim).t()) if part == "out_proj.weight" else move
