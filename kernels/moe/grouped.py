"""The sum over a token's experts with tokens sorted by expert: each expert runs once, over all tokens sent to it."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.kernels.activation import silu_product
from docqa.kernels.moe.bank import ExpertBank, times


def mix_grouped(x: Tensor, chosen: Tensor, weights: Tensor, bank: ExpertBank) -> Tensor:
    """Arguments and result as `mix_experts`."""
    work = torch.float64 if x.dtype == torch.float64 else torch.float32
    out = torch.zeros(x.shape, dtype=work, device=x.device)
    k = chosen.shape[1]
    numbers, order = chosen.flatten().sort(stable=True)
    tokens, shares = order // k, weights.flatten()[order].to(work)
    hit, counts = numbers.unique_consecutive(return_counts=True)
    bank.expect(hit.tolist())
    start = 0
    for number, count in zip(hit.tolist(), counts.tolist(), strict=True):
        part = slice(start, start + count)
        start += count
        sent = tokens[part]
        gate_up, down = bank.pair(number)
        gate, up = times(x[sent], gate_up).chunk(2, -1)
        made = times(silu_product(gate.contiguous(), up.contiguous()), down)
        out.index_add_(0, sent, made.to(work) * shares[part, None])
    return out.to(x.dtype)
