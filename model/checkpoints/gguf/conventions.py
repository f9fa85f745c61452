"""Where a GGUF file's tensors differ from a checkpoint's, both ways.

Of hybrids norms are 1 + w, the decay is -exp(A_log), the convolution has no middle axis, and in `qwen35` and
`qwen35moe` value heads that share a key head take turns instead of standing together. `llama` has the two halves of a
query or key head, which rotate together, row by row in turns. `qwen2` and `qwen3` are as in the checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from docqa.model.config import HybridConfig
from docqa.model.families import LLAMA, NEXT, TRANSFORMERS

Change = Callable[[Tensor], Tensor]


def unchanged(x: Tensor) -> Tensor:
    """The tensor itself."""
    return x


def to_file(config: HybridConfig, name: str) -> Change:
    """What turns the checkpoint's tensor `name` into the file's."""
    if config.model_type in TRANSFORMERS:
        rows = file_rows(config, name)
        return unchanged if rows is None else lambda x: x[rows.argsort()]
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
    """What turns the file's tensor into the checkpoint's tensor `name`; of a transformer `file_rows` says all."""
    if config.model_type in TRANSFORMERS:
        return unchanged
    if "linear_attn." not in name:
        if name.endswith("shared_expert_gate.weight"):
            return lambda x: x.reshape(1, -1)
        return (lambda x: x - 1) if "norm" in name else unchanged
    part = name.rpartition("linear_attn.")[2]
    move = _moved_heads(config, part, -1, config.linear_num_key_heads)
    if part == "conv1d.weight":
        return lambda x: move(x)[:, None]
    return (lambda x: move(x.neg().log())) if part == "A_log" else move


def file_rows(config: HybridConfig, name: str) -> Tensor | None:
    """Rows of the file's tensor that are those of a transformer's tensor `name` in their order; None: all as they are.

    A row is never split, so that a matrix may be reordered in the blocks that it is stored in.
    """
    if config.model_type != LLAMA or not name.endswith(("q_proj.weight", "k_proj.weight")):
        return None
    heads = config.num_attention_heads if name.endswith("q_proj.weight") else config.num_key_value_heads
    return torch.arange(heads * config.head_dim).view(heads, -1, 2).transpose(1, 2).flatten()


def stored_rows(config: HybridConfig, name: str, count: int) -> Tensor | None:
    """Which of a file's `count` rows are those of matrix `name`, in their order; None where its columns are moved."""
    if config.model_type in TRANSFORMERS:
        rows = file_rows(config, name)
        return torch.arange(count) if rows is None else rows
    shared = config.model_type != NEXT and config.linear_num_value_heads != config.linear_num_key_heads
    if name.endswith("linear_attn.out_proj.weight") and shared:
        return None
    return to_checkpoint(config, name)(torch.arange(count)[:, None])[:, 0]


def _moved_heads(config: HybridConfig, part: str, outer: int, inner: int) -> Change:
    """Puts the value heads of a delta net's tensor, seen as [outer, inner], in the order [inner, outer]."""
    dim, keys = config.linear_value_head_dim, 2 * config.linear_num_key_heads * config.linear_key_head_dim
    alike = config.linear_num_value_heads == config.linear_num_key_heads
    if config.model_type == NEXT or alike or part == "norm.weight":
        return unchanged

    def move(x: Tensor, rows: int = 1) -> Tensor:
        return x.reshape(outer, inner, rows, *x.shape[1:]).transpose(0, 1).reshape(x.shape)

    if part in ("in_proj_qkv.weight", "conv1d.weight"):
        return lambda x: torch.cat([x[:keys], move(x[keys:], dim)])
    if part == "in_proj_z.weight":
        return lambda x: move(x, dim)
    return (lambda x: move(x.t(), dim).t()) if part == "out_proj.weight" else move
