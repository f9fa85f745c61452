"""The sum over a token's experts with tokens sorted by expert: each expert runs once, over all its
tokens.
"""

import torch
from torch import Tensor

from .bank import ExpertBank, run_expert
from .sent import tokens_by_expert


def mix_grouped(x: Tensor, chosen: Tensor, weights: Tensor, bank: ExpertBank) -> Tensor:
    """Arguments and result as `mix_experts`."""
    work = torch.promote_types(x.dtype, torch.float32)
    out = torch.zeros(x.shape, dtype=work, device=x.device)
    hit, counts, sent, weighed = tokens_by_expert(chosen, weights.to(work))
    for number, tokens, shares in zip(hit, sent.split(counts), weighed.split(counts), strict=True):
        made = run_expert(bank, number, x[tokens])
        out.index_add_(0, tokens, made.to(work) * shares[:, None])
    return out.to(x.dtype)
