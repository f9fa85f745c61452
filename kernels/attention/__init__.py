"""Causal grouped-query softmax attention, and the selection of key blocks for long contexts."""

from torch import Tensor

from docqa.kernels.dispatch import (
    are_gradients_recorded,
    register,
    register_native,
    run_implementation,
)
from docqa.kernels.errors import ShapeMismatch

from .blocks import best_blocks, block_bounds, block_scores
from .cached import attention_gathered, attention_over_native
from .kv_cache import BlockSelection, KVBlock, KVContext, QueryTile
from .native import attention_native
from .reference import attention_reference
from .tiled import attention_tiled

__all__ = [
    "BlockSelection",
    "KVContext",
    "KVBlock",
    "QueryTile",
    "attention",
    "attention_over",
    "best_blocks",
    "block_bounds",
    "block_scores",
]

register_native("attention", attention_native)
register("attention", "torch tiles", attention_tiled)
register("attention", "reference", attention_reference)
register_native("attention_over", attention_over_native)
register("attention_over", "reference", attention_gathered)


def attention(q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor:
    """Causal attention of q [batch, seq, heads, dim] over k, v [batch, total, kv_heads, dim]; the
    ends coincide.

    `rounded`: operands may be rounded to 8 bits and bf16 where that is faster. While gradients are
    recorded torch's attention runs. Raises ShapeMismatch: fewer keys than queries, or query heads
    no multiple of key heads.
    """
    if k.shape[1] < q.shape[1] or q.shape[2] % k.shape[2] or k.shape != v.shape:
        raise ShapeMismatch(
            f"attention of q {tuple(q.shape)} over k {tuple(k.shape)}, v {tuple(v.shape)}"
        )
    return run_implementation("attention", q, k, v, differentiable=attention_tiled, rounded=rounded)


def attention_over(
    q: Tensor, context: KVContext, selection: BlockSelection | None = None, *, rounded: bool = False
) -> Tensor:
    """Causal attention of q [1, seq, heads, dim], the last positions of `context`, over all of it
    or what is chosen.

    The result is that of `attention` over the keys and values read, unpacked and joined; `rounded`
    as there. Raises ShapeMismatch: more queries than the context is long, query heads no multiple
    of key heads, or a selection that does not end with the last query.
    """
    length = context.length
    kv_heads = context.blocks[0].k.shape[1] if context.blocks else 1
    selected = q.shape[1] if not selection else selection.tiles[-1].end
    if length < q.shape[1] or q.shape[2] % kv_heads or selected != q.shape[1]:
        raise ShapeMismatch(
            f"attention of q {tuple(q.shape)} over {length} tokens with {kv_heads} key heads"
        )
    if are_gradients_recorded(q, *(block.k for block in context.blocks)):
        return attention_gathered(q, context, selection, rounded=rounded, attend=attention)
    return run_implementation(
        "attention_over", q, context, selection, rounded=rounded, attend=attention
    )
