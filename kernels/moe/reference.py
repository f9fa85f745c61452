"""The sum over a token's experts, as its formula."""

import torch
from torch import Tensor

from docqa.kernels.activation import silu_product

from .bank import ExpertBank, multiply_by_expert_matrix


def mix_reference(x: Tensor, chosen: Tensor, weights: Tensor, bank: ExpertBank) -> Tensor:
    """As `mix_experts`; one token and one expert at a time."""
    work = torch.promote_types(x.dtype, torch.float32)
    rows = []
    for token in range(len(x)):
        total = torch.zeros(x.shape[1], dtype=work, device=x.device)
        for number, place in sorted(
            (int(number), place) for place, number in enumerate(chosen[token])
        ):
            gate_up, down = bank.expert_matrices(number)
            gate, up = multiply_by_expert_matrix(x[token], gate_up).chunk(2, -1)
            total = total + multiply_by_expert_matrix(
                silu_product(gate.contiguous(), up.contiguous()), down
            ).to(work) * weights[token, place].to(work)
        rows.append(total)
    return torch.stack(rows).to(x.dtype) if rows else x.new_zeros(x.shape)
