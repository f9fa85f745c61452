"""The experts' products as grouped products in Triton: one launch for all experts. Importing this
module needs Triton.

Rows (a token sent to an expert) are sorted by expert and cut into tiles of one expert each; which
expert a tile belongs to is worked out on the device, so nothing waits for counts. A token's rows
come in ascending order of experts, and `_add_up` adds them in that order, so that a sum does not
depend on what else is in the batch.
"""

from typing import Any, NamedTuple, TypeGuard

import torch
import triton
import triton.language as tl
from torch import Tensor

from docqa.kernels import gpu

from .bank import ExpertBank, StackedExperts
from .grouped import mix_grouped

PRECISION = "tf32x3"  # of float32 inputs; narrower ones are multiplied as they are


class ExpertTiles(NamedTuple):
    """Rows sorted by expert, cut into tiles; a tile past the last one has `start` equal to
    `stop`.
    """

    expert: Tensor  # int64 [tiles]
    start: Tensor  # int64 [tiles], the first row
    stop: Tensor  # int64 [tiles], after the last row that a tile may hold


def tiles_of_experts(numbers: Tensor, experts: int, rows: int) -> ExpertTiles:
    """Tiles of up to `rows` rows for the sorted experts `numbers` int64 [rows in all]; as many as
    there could be.
    """
    counts = torch.zeros(experts, dtype=torch.int64, device=numbers.device)
    counts.scatter_add_(0, numbers, torch.ones_like(numbers))
    ends = counts.cumsum(0)
    pieces = (counts + rows - 1) // rows
    last = pieces.cumsum(0)
    most = min(len(numbers), triton.cdiv(len(numbers), rows) + experts)
    tile = torch.arange(most, device=numbers.device)
    expert = torch.searchsorted(last, tile, right=True).clamp(max=experts - 1)
    start = ends[expert] - counts[expert] + (tile - last[expert] + pieces[expert]) * rows
    stop = torch.minimum(ends[expert], start + rows)
    return ExpertTiles(expert, torch.minimum(start, stop), stop)


@triton.jit
def _widen_numbers(x, WIDEN: tl.constexpr):
    """In float32 with WIDEN: the interpreter's product of bfloat16 tiles is none."""
    return x.to(tl.float32) if WIDEN else x


@triton.jit(do_not_specialize=["tiles"])
def _gate_and_up(
    x,
    tokens,
    gate_up,
    made,
    experts,
    starts,
    stops,
    tiles,
    hidden,
    inner,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    SUMMED: tl.constexpr,
    WIDEN: tl.constexpr,
    PRECISE: tl.constexpr,
):
    """SiLU(gate x) * up x for a tile of rows of one expert and of its inner columns; x is read by
    token.
    """
    program = tl.program_id(0).to(tl.int64)
    tile = program % tiles
    panel = program // tiles
    start = tl.load(starts + tile)
    stop = tl.load(stops + tile)
    expert = tl.load(experts + tile)
    if start >= stop:
        return
    row = start + tl.arange(0, ROWS)
    column = panel * COLUMNS + tl.arange(0, COLUMNS)
    inside = row < stop
    wanted = column < inner
    read = x + tl.load(tokens + row, mask=inside, other=0)[:, None] * hidden
    upper = gate_up + (expert * 2 * inner + column)[None, :] * hidden
    lower = gate_up + (expert * 2 * inner + inner + column)[None, :] * hidden
    gate = tl.zeros([ROWS, COLUMNS], tl.float32)
    up = tl.zeros([ROWS, COLUMNS], tl.float32)
    for first in range(0, hidden, SUMMED):
        part = first + tl.arange(0, SUMMED)
        known = part < hidden
        mask = known[:, None] & wanted[None, :]
        values = tl.load(read + part[None, :], mask=inside[:, None] & known[None, :], other=0.0)
        values = _widen_numbers(values, WIDEN)
        weights = _widen_numbers(tl.load(upper + part[:, None], mask=mask, other=0.0), WIDEN)
        gate = tl.dot(values, weights, gate, input_precision=PRECISE)
        weights = _widen_numbers(tl.load(lower + part[:, None], mask=mask, other=0.0), WIDEN)
        up = tl.dot(values, weights, up, input_precision=PRECISE)
    result = gate * tl.sigmoid(gate) * up
    places = row[:, None] * inner + column[None, :]
    tl.store(
        made + places, result.to(made.dtype.element_ty), mask=inside[:, None] & wanted[None, :]
    )


@triton.jit(do_not_specialize=["tiles"])
def _down(
    made,
    down,
    out,
    experts,
    starts,
    stops,
    tiles,
    hidden,
    inner,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    SUMMED: tl.constexpr,
    WIDEN: tl.constexpr,
    PRECISE: tl.constexpr,
):
    """The second product for a tile of rows of one expert and of hidden columns, in float32."""
    program = tl.program_id(0).to(tl.int64)
    tile = program % tiles
    panel = program // tiles
    start = tl.load(starts + tile)
    stop = tl.load(stops + tile)
    expert = tl.load(experts + tile)
    if start >= stop:
        return
    row = start + tl.arange(0, ROWS)
    column = panel * COLUMNS + tl.arange(0, COLUMNS)
    inside = row < stop
    wanted = column < hidden
    matrix = down + (expert * hidden + column)[None, :] * inner
    total = tl.zeros([ROWS, COLUMNS], tl.float32)
    for first in range(0, inner, SUMMED):
        part = first + tl.arange(0, SUMMED)
        known = part < inner
        values = tl.load(
            made + row[:, None] * inner + part[None, :],
            mask=inside[:, None] & known[None, :],
            other=0.0,
        )
        weights = tl.load(matrix + part[:, None], mask=known[:, None] & wanted[None, :], other=0.0)
        total = tl.dot(
            _widen_numbers(values, WIDEN),
            _widen_numbers(weights, WIDEN),
            total,
            input_precision=PRECISE,
        )
    tl.store(
        out + row[:, None] * hidden + column[None, :], total, mask=inside[:, None] & wanted[None, :]
    )


@triton.jit
def _add_up(rows, places, shares, out, hidden, panels, K: tl.constexpr, COLUMNS: tl.constexpr):
    """The weighted sum of a token's K rows, in the order of `places`, for a tile of hidden
    columns.
    """
    program = tl.program_id(0).to(tl.int64)
    token = program // panels
    panel = program % panels
    column = panel * COLUMNS + tl.arange(0, COLUMNS)
    wanted = column < hidden
    total = tl.zeros([COLUMNS], tl.float32)
    for number in range(K):
        place = tl.load(places + token * K + number)
        total += tl.load(rows + place * hidden + column, mask=wanted, other=0.0) * tl.load(
            shares + place
        )
    tl.store(out + token * hidden + column, total.to(out.dtype.element_ty), mask=wanted)


def _can_run_kernel(bank: ExpertBank, x: Tensor) -> TypeGuard[StackedExperts]:
    """Whether the bank is two plain tensors beside x, in its dtype."""
    if not isinstance(bank, StackedExperts):
        return False
    return all(
        m.device == x.device and m.dtype == x.dtype and m.is_contiguous()
        for m in (bank.gate_up, bank.down)
    )


def _expert_outputs(x: Tensor, tokens: Tensor, numbers: Tensor, bank: StackedExperts) -> Tensor:
    """What each expert makes of its tokens, float32 [rows, hidden], sorted by expert."""
    experts, hidden, inner = bank.down.shape
    size = gpu.block_sizes(x.device)
    count = len(numbers)
    rows = size.rows if count >= experts * size.few_rows else size.few_rows
    tiles = tiles_of_experts(numbers, experts, rows)
    most = len(tiles.expert)
    blocks: dict[str, Any] = {
        "ROWS": rows,
        "COLUMNS": size.columns,
        "SUMMED": size.summed,
        "PRECISE": PRECISION,
    }
    blocks |= {"WIDEN": x.device.type == "cpu", **gpu.launch_options(size.warps, size.stages)}
    made = x.new_empty(count, inner)
    _gate_and_up[(most * triton.cdiv(inner, size.columns),)](
        x, tokens, bank.gate_up, made, *tiles, most, hidden, inner, **blocks
    )
    out = x.new_empty(count, hidden, dtype=torch.float32)
    _down[(most * triton.cdiv(hidden, size.columns),)](
        made, bank.down, out, *tiles, most, hidden, inner, **blocks
    )
    return out


def mix_gpu(x: Tensor, chosen: Tensor, weights: Tensor, bank: ExpertBank) -> Tensor:
    """As `mix_experts`; not differentiable. Matrices packed or elsewhere: by
    `mix_grouped`.
    """
    if not _can_run_kernel(bank, x) or chosen.numel() == 0:
        return mix_grouped(x, chosen, weights, bank)
    k = chosen.shape[1]
    hidden = x.shape[1]
    x, size = x.contiguous(), gpu.block_sizes(x.device)
    columns = min(size.elements, gpu.power_of_two(hidden))
    panels = triton.cdiv(hidden, columns)
    with gpu.on_device(x.device):
        numbers, order = chosen.flatten().sort(stable=True)
        rows = _expert_outputs(x, order // k, numbers, bank)
        shares = weights.flatten()[order].float()
        # Where each token's rows went, in the order of the rows, which is that of the experts.
        places = torch.empty_like(order).scatter_(
            0, order, torch.arange(len(order), device=x.device)
        )
        places = places.view(-1, k).sort(-1).values.contiguous()
        out = torch.empty_like(x)
        _add_up[(len(x) * panels,)](
            rows,
            places,
            shares,
            out,
            hidden,
            panels,
            K=k,
            COLUMNS=columns,
            **gpu.launch_options(size.warps),
        )
    return out
