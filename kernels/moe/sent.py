"""Which tokens are sent to which expert, in the order of experts."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Sent(NamedTuple):
    """`numbers` of the experts that are chosen, ascending, and `counts` of the tokens sent to each; these `tokens`,
    int64 [tokens * k], expert after expert and ascending, and what each counts for, `shares` [tokens * k].
    """

    numbers: list[int]
    counts: list[int]
    tokens: Tensor
    shares: Tensor


def sent_tokens(chosen: Tensor, weights: Tensor) -> Sent:
    """Of chosen and weights [tokens, k], as `mix_experts` has them."""
    numbers, order = chosen.flatten().sort(stable=True)
    hit, counts = numbers.unique_consecutive(return_counts=True)
    return Sent(hit.tolist(), counts.tolist(), order // chosen.shape[1], weights.flatten()[order])
