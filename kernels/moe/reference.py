"""The sum over a token's experts, as its formula."""

import torch
from torch import Tensor

from .bank import ExpertBank, run_expert


def mix_reference(x: Tensor, chosen: Tensor, weights: Tensor, bank: ExpertBank) -> Tensor:
    """As `mix_experts`; one token and one expert at a time."""
    work = torch.promote_types(x.dtype, torch.float32)
    rows = []
    for token in range(len(x)):
        total = torch.zeros(x.shape[1], dtype=work, device=x.device)
        for number, place in sorted(
            (int(number), place) for place, number in enumerate(chosen[token])
        ):
            made = run_expert(bank, number, x[token]).to(work)
            total = total + made * weights[token, place].to(work)
        rows.append(total)
    return torch.stack(rows).to(x.dtype) if rows else x.new_zeros(x.shape)
