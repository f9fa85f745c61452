"""Which tokens are sent to which expert, in the order of experts."""

from torch import Tensor


def tokens_by_expert(
    chosen: Tensor, weights: Tensor
) -> tuple[list[int], list[int], Tensor, Tensor]:
    """Of chosen and weights [tokens, k] as in `mix_experts`: the chosen experts, ascending, how
    many tokens each has, and these tokens, int64 [tokens * k], expert after expert and ascending,
    with their weights [tokens * k]."""
    numbers, order = chosen.flatten().sort(stable=True)
    hit, counts = numbers.unique_consecutive(return_counts=True)
    return hit.tolist(), counts.tolist(), order // chosen.shape[1], weights.flatten()[order]
