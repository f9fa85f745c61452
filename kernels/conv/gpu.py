"""Depthwise causal convolution with SiLU in Triton, and that with unit heads. Importing this module
needs Triton.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from docqa.kernels import gpu

from .reference import next_history
from .unit import ConvOutput, split_heads

WIDE = 64  # channels of a tile that is not a head


@triton.jit(do_not_specialize=["seq", "tiles"])
def _convolve(
    x,
    history,
    weight,
    out,
    x_batch,
    x_seq,
    seq,
    channels,
    tiles,
    groups,
    first,
    width,
    HAS_HISTORY: tl.constexpr,
    UNIT: tl.constexpr,
    TAPS: tl.constexpr,
    TOKENS: tl.constexpr,
    CHANNELS: tl.constexpr,
):
    """A tile of tokens and a group of `width` channels from `first` on, scaled to unit length with
    UNIT.
    """
    program = tl.program_id(0).to(tl.int64)
    group = program % groups
    tile = program // groups % tiles
    batch = program // groups // tiles
    inner = tl.arange(0, CHANNELS)
    channel = first + group * width + inner
    known = (inner < width) & (channel < channels)
    tokens = tile * TOKENS + tl.arange(0, TOKENS)
    total = tl.zeros([TOKENS, CHANNELS], tl.float32)
    for tap in tl.static_range(TAPS):
        at = tokens + tap - (TAPS - 1)
        here = ((at >= 0) & (at < seq))[:, None] & known[None, :]
        places = batch * x_batch + at[:, None] * x_seq + channel[None, :]
        values = tl.load(x + places, mask=here, other=0.0).to(tl.float32)
        if HAS_HISTORY:
            past = (batch * (TAPS - 1) + at + TAPS - 1)[:, None] * channels + channel[None, :]
            values += tl.load(
                history + past, mask=(at < 0)[:, None] & known[None, :], other=0.0
            ).to(tl.float32)
        share = tl.load(weight + channel * TAPS + tap, mask=known, other=0.0).to(tl.float32)
        total += values * share[None, :]
    result = total * tl.sigmoid(total)
    if UNIT:
        result *= tl.rsqrt(tl.sum(result * result, 1) + 1e-6)[:, None]
    places = (batch * seq + tokens)[:, None] * channels + channel[None, :]
    tl.store(
        out + places, result.to(out.dtype.element_ty), mask=(tokens < seq)[:, None] & known[None, :]
    )


def _launch_convolution(
    x: Tensor,
    history: Tensor | None,
    weight: Tensor,
    out: Tensor,
    *,
    first: int,
    groups: int,
    width: int,
    unit: bool,
) -> None:
    """Writes `groups` of `width` channels, from `first` on, of `out` [batch, seq, channels]."""
    batch, seq, channels = x.shape
    size = gpu.block_sizes(x.device)
    columns = gpu.power_of_two(width)
    tokens = max(1, size.elements // columns)
    tiles = triton.cdiv(seq, tokens)
    if batch * tiles * groups == 0:
        return
    with gpu.on_device(x.device):
        _convolve[(batch * tiles * groups,)](
            x,
            x if history is None else history,
            weight,
            out,
            *x.stride()[:2],
            seq,
            channels,
            tiles,
            groups,
            first,
            width,
            HAS_HISTORY=history is not None,
            UNIT=unit,
            TAPS=weight.shape[-1],
            TOKENS=tokens,
            CHANNELS=columns,
            **gpu.launch_options(size.warps),
        )


def _prepare_inputs(
    x: Tensor, weight: Tensor, history: Tensor | None
) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
    """x, weight [channels, taps] and history as the kernel reads them, and the next call's
    history.
    """
    taps = weight.shape[-1]
    tail = next_history(x, taps, history)
    x = x if x.stride(-1) == 1 else x.contiguous()
    before = None if history is None else history.to(x.dtype).contiguous()
    return x, weight.reshape(-1, taps).contiguous(), before, tail


def unit_conv_gpu(
    x: Tensor, weight: Tensor, history: Tensor | None = None, *, heads: int, dim: int
) -> ConvOutput:
    """Same arguments and results as `unit_conv_reference`, float32 from the sum over taps on; not
    differentiable.
    """
    x, weight, history, tail = _prepare_inputs(x, weight, history)
    out = x.new_empty(x.shape, dtype=torch.float32)
    rest = x.shape[2] - heads * dim
    _launch_convolution(x, history, weight, out, first=0, groups=heads, width=dim, unit=True)
    _launch_convolution(
        x,
        history,
        weight,
        out,
        first=heads * dim,
        groups=triton.cdiv(rest, WIDE),
        width=WIDE,
        unit=False,
    )
    return split_heads(out, tail, heads, dim)
