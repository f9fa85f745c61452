"""Attention over a context in blocks: the part that is read gathered first, or read where it lies
by the library.
"""

import ctypes
from collections.abc import Callable

import torch
from torch import Tensor

from docqa.kernels.cpu.library import (
    AttentionCall,
    KVSegment,
    Library,
    StridedTensor,
    float32_with_dims_in_order,
)

from .kv_cache import BlockSelection, KVContext
from .native import FEW

KEYS = 64  # in a block of attention.inc
ONE_DIM = 64  # attention of one query takes heads of whole multiples of it
Attend = Callable[..., Tensor]


def attention_gathered(
    q: Tensor,
    context: KVContext,
    selection: BlockSelection | None,
    *,
    rounded: bool,
    attend: Attend,
) -> Tensor:
    """Result as of `kernels.attention.attention_over`, through `attend`, which is
    `kernels.attention.attention`.
    """
    stop = context.length
    start = stop - q.shape[1]
    if not selection:
        keys, values = context.unpacked_range(0, stop, q.dtype)
        return attend(q, keys[None], values[None], rounded=rounded)
    near = min(tile.local for tile in selection.tiles)
    near_k, near_v = context.unpacked_range(near, stop, q.dtype)
    first_k, first_v = context.unpacked_range(0, selection.block, q.dtype)
    out = torch.empty_like(q)
    at = 0
    for tile in selection.tiles:
        far_k, far_v = context.unpacked_blocks(tile.far, selection.block, q.dtype)
        cut = slice(tile.local - near, start + tile.end - near)
        keys = torch.cat([first_k, far_k, near_k[cut]])
        values = torch.cat([first_v, far_v, near_v[cut]])
        out[:, at : tile.end] = attend(
            q[:, at : tile.end], keys[None], values[None], rounded=rounded
        )
        at = tile.end
    return out


def attention_over_native(
    q: Tensor,
    context: KVContext,
    selection: BlockSelection | None,
    *,
    rounded: bool,
    attend: Attend,
    library: Library,
) -> Tensor:
    """As `attention_over`; a block that any query reads is packed once. One query over all rounds
    nothing.
    """
    one = q.shape[1] == 1 and selection is None and q.shape[-1] % ONE_DIM == 0
    if (q.shape[1] <= FEW and not one) or (selection and selection.block % KEYS):
        return attention_gathered(q, context, selection, rounded=rounded, attend=attend)
    q = float32_with_dims_in_order(q)
    plain_blocks = [block.as_plain_block() for block in context.blocks]
    segments = (KVSegment * len(plain_blocks))(*(block.as_segment for block in plain_blocks))
    _, seq, heads, dim = q.shape
    kv_heads = plain_blocks[0].k.shape[1]
    out = q.new_empty(1, seq, heads, dim)
    chosen: tuple[Tensor, ...] = ()
    if selection:
        chosen = _selection_arrays(selection, context.length - seq, kv_heads)
    call = AttentionCall(
        1,
        seq,
        context.length,
        heads,
        kv_heads,
        dim,
        int(rounded),
        StridedTensor.from_tensor(q),
        StridedTensor(),
        StridedTensor(),
        out.data_ptr(),
        ctypes.addressof(segments),
        context.grid,
        len(selection.tiles) if selection else 0,
        *(part.data_ptr() for part in chosen),
    )
    library.call_function("attention", ctypes.byref(call))
    return out


def _selection_arrays(
    selection: BlockSelection, start: int, kv_heads: int
) -> tuple[Tensor, Tensor, Tensor]:
    """`ends`, `starts` and `blocks` of AttentionCall, for queries from position `start` on."""
    each = selection.block // KEYS
    lists = []
    for tile in selection.tiles:
        far = (tile.far[..., None] * each + torch.arange(each)).flatten(1)
        near = torch.arange(tile.local // KEYS, -(-(start + tile.end) // KEYS))
        parts = [torch.arange(each).expand(kv_heads, -1), far, near.expand(kv_heads, -1)]
        lists.append(torch.cat(parts, 1))
    lengths = torch.tensor([part.shape[1] for part in lists]).repeat_interleave(kv_heads)
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
    ends = torch.tensor([tile.end for tile in selection.tiles])
    return ends, starts, torch.cat([part.flatten() for part in lists]).int()
