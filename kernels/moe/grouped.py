"""The sum over a token's experts with tokens sorted by expert: each expert runs once, over all its
tokens.
"""

import torch
from torch import Tensor

from docqa.kernels.activation import silu_product

from .bank import ExpertBank, expert_product
from .sent import tokens_by_expert


def mix_grouped(x: Tensor, chosen: Tensor, weights: Tensor, bank: ExpertBank) -> Tensor:
    """Arguments and result as `mix_experts`."""
    work = torch.float64 if x.dtype == torch.float64 else torch.float32
    out = torch.zeros(x.shape, dtype=work, device=x.device)
    hit, counts, sent, weighed = tokens_by_expert(chosen, weights.to(work))
    bank.expect(hit)
    for number, tokens, shares in zip(hit, sent.split(counts), weighed.split(counts), strict=True):
        gate_up, down = bank.pair(number)
        gate, up = expert_product(x[tokens], gate_up).chunk(2, -1)
        made = expert_product(silu_product(gate.contiguous(), up.contiguous()), down)
        out.index_add_(0, tokens, made.to(work) * shares[:, None])
    return out.to(x.dtype)
