"""How a GGUF file's tensors become those of a checkpoint.

Of hybrids norms are 1 + w, the decay is -exp(A_log), the convolution has no middle axis, and in
some families value heads that share a key head take turns. Of transformers some differ in the order
of rows (`GgufForm`).
"""

from collections.abc import Callable

import torch
from torch import Tensor

from docqa.model.config import HybridConfig

Change = Callable[[Tensor], Tensor]


def keep_tensor(x: Tensor) -> Tensor:
    """The tensor itself."""
    return x


def change_to_checkpoint_layout(config: HybridConfig, name: str) -> Change:
    """Turns the file's tensor into the checkpoint's `name`; of a transformer `GgufForm.rows` says
    all.
    """
    if not config.family.recurrent:
        return keep_tensor
    if "linear_attn." not in name:
        if name.endswith("shared_expert_gate.weight"):
            return lambda x: x.reshape(1, -1)
        return (lambda x: x - 1) if "norm" in name else keep_tensor
    part = name.rpartition("linear_attn.")[2]
    move = reorder_value_heads(config, part, -1, config.linear_num_key_heads)
    if part == "conv1d.weight":
        return lambda x: move(x)[:, None]
    return (lambda x: move(x.neg().log())) if part == "A_log" else move


def row_order_in_file(config: HybridConfig, name: str, count: int) -> Tensor | None:
    """Which of a file's `count` rows are those of matrix `name`, in order, but for `GgufForm.rows`;
    None where columns are moved.
    """
    change = change_to_checkpoint_layout(config, name)
    if name.endswith("linear_attn.out_proj.weight") and change is not keep_tensor:
        return None
    return change(torch.arange(count)[:, None])[:, 0]


def reorder_value_heads(config: HybridConfig, part: str, outer: int, inner: int) -> Change:
    """Puts the value heads of a delta net's tensor, seen as [outer, inner], in the order [inner,
    outer].
    """
    dim = config.linear_value_head_dim
    keys = 2 * config.delta_key_and_value_widths[0]
    alike = config.linear_num_value_heads == config.linear_num_key_heads
    form = config.family.gguf
    if form is None or not form.heads_in_turns or alike or part == "norm.weight":
        return keep_tensor

    def move(x: Tensor, rows: int = 1) -> Tensor:
        return x.reshape(outer, inner, rows, *x.shape[1:]).transpose(0, 1).reshape(x.shape)

    if part in ("in_proj_qkv.weight", "conv1d.weight"):
        return lambda x: torch.cat([x[:keys], move(x[keys:], dim)])
    if part == "in_proj_z.weight":
        return lambda x: move(x, dim)
    return (lambda x: move(x.t(), dim).t()) if part == "out_proj.weight" else move
