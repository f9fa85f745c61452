"""Depthwise causal convolution as its sum over taps."""

import torch
from torch import Tensor
from torch.nn import functional


def prepend_history(x: Tensor, taps: int, history: Tensor | None) -> Tensor:
    """x [batch, seq, channels] after the `taps - 1` columns that came before it, zeros where there
    were none.
    """
    before = (
        x.new_zeros(x.shape[0], taps - 1, x.shape[2]) if history is None else history.to(x.dtype)
    )
    return torch.cat([before, x], 1)


def next_history(x: Tensor, taps: int, history: Tensor | None) -> Tensor:
    """The last `taps - 1` columns of x and what came before it, copied."""
    tail = prepend_history(x[:, max(0, x.shape[1] - taps + 1) :], taps, history)
    return tail[:, tail.shape[1] - taps + 1 :].clone()


def causal_conv_reference(
    x: Tensor, weight: Tensor, history: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """y_t[c] = SiLU(sum_j weight[c, j] * x_{t - taps + 1 + j}[c]); the last tap is on the current
    token.

    x is [batch, seq, channels]; weight [channels, 1, taps] or [channels, taps]; history [batch,
    taps - 1, channels], the columns before x, zeros when absent. Returns y [batch, seq, channels]
    and the history for the next call.
    """
    taps = weight.shape[-1]
    padded = prepend_history(x, taps, history)
    kernel = weight.reshape(-1, taps).to(x.dtype)
    total = padded[:, : x.shape[1]] * kernel[:, 0]
    for j in range(1, taps):
        total = total + padded[:, j : j + x.shape[1]] * kernel[:, j]
    return functional.silu(total), padded[:, x.shape[1] :]
