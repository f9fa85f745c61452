"""Llama: attention in every layer, all dims of a head turn, frequencies may be scaled otherwise
than by YaRN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docqa.model.family import FULL, PLAIN_ROPE, Family, GgufForm, set_default
from docqa.model.gguf.names import TRANSFORMER_NAMES

if TYPE_CHECKING:
    from torch import Tensor

ROPE_TYPES = (*PLAIN_ROPE, "linear", "llama3")
COMPUTED: dict[str, tuple[object, ...]] = {
    "num_experts": (0,),
    "use_sliding_window": (False,),
    "mlp_bias": (False,),
    "pretraining_tp": (1,),
}


def complete_config(raw: dict[str, object], context: int = 2_048) -> None:
    """Fills in what a transformer's config.json may leave out, as transformers does; `context` in
    tokens.
    """
    hidden, heads, count = (
        raw.get(name) for name in ("hidden_size", "num_attention_heads", "num_hidden_layers")
    )
    if isinstance(hidden, int) and isinstance(heads, int) and heads > 0:
        set_default(raw, "head_dim", hidden // heads)
    set_default(raw, "num_key_value_heads", heads)
    set_default(raw, "max_position_embeddings", context)
    set_default(raw, "rope_theta", 10_000.0)
    if isinstance(count, int):
        raw["layer_types"] = raw.get("layer_types") or [FULL] * count


def row_order_in_file(config: Any, name: str) -> Tensor | None:
    """GGUF files have the two halves of a query or key head, which turn together, row by row in
    turns. Rows are never split, so that a matrix may be reordered in its blocks."""
    import torch

    if not name.endswith(("q_proj.weight", "k_proj.weight")):
        return None
    heads = (
        config.num_attention_heads if name.endswith("q_proj.weight") else config.num_key_value_heads
    )
    return torch.arange(heads * config.head_dim).view(heads, -1, 2).transpose(1, 2).flatten()


FAMILY = Family(
    model_type="llama",
    classes="Llama",
    complete=complete_config,
    computed=COMPUTED,
    recurrent=False,
    gated=False,
    normed=False,
    rotated=1.0,
    rope_types=ROPE_TYPES,
    gguf=GgufForm(TRANSFORMER_NAMES, rows=row_order_in_file),
)
