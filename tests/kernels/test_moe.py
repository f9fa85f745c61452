"""Sparse experts: who is chosen, who is read, and the sum."""

import pytest
import torch

from docqa.kernels.errors import ShapeMismatch
from docqa.kernels.moe import StackedExperts, mix_experts, route
from docqa.kernels.moe.grouped import mix_grouped
from docqa.kernels.moe.reference import mix_reference
from tests.kernels.machine import seeded

EXPERTS = 7
HIDDEN = 12
INNER = 5


def bank(dtype=torch.float64):
    source = seeded(0)
    gate_up = torch.randn(EXPERTS, 2 * INNER, HIDDEN, generator=source, dtype=torch.float64)
    down = torch.randn(EXPERTS, HIDDEN, INNER, generator=source, dtype=torch.float64)
    return StackedExperts(gate_up.to(dtype), down.to(dtype))


def tokens(count, dtype=torch.float64):
    return torch.randn(count, HIDDEN, generator=seeded(1), dtype=torch.float64).to(dtype)


def logits(count):
    return torch.randn(count, EXPERTS, generator=seeded(2), dtype=torch.float64)


@pytest.mark.parametrize("k", [1, 3, EXPERTS])
def test_expert_weights_are_a_normalised_softmax(k):
    scores = logits(20)
    chosen, weights = route(scores, k)
    share, right = scores.softmax(-1).topk(k)
    assert [set(row) for row in chosen.tolist()] == [set(row) for row in right.tolist()]
    assert (weights - share / share.sum(-1, keepdim=True)).abs().max() < 1e-12
    assert (route(scores, k, normalise=False)[1] - share).abs().max() < 1e-12


def test_of_equal_logits_the_lower_experts_are_chosen():
    scores = torch.zeros(3, EXPERTS)
    scores[1, 5] = 1.0
    scores[2, [1, 6]] = 1.0
    assert route(scores, 3)[0].tolist() == [[0, 1, 2], [5, 0, 1], [1, 6, 0]]


@pytest.mark.parametrize("count", [1, 2, 33])
def test_tokens_sorted_by_expert_give_the_sum_of_the_formula(count):
    x, (chosen, weights) = tokens(count), route(logits(count), 3)
    right = mix_reference(x, chosen, weights, bank())
    assert (mix_grouped(x, chosen, weights, bank()) - right).abs().max() < 1e-12
    narrow = mix_grouped(tokens(count, torch.bfloat16), chosen, weights, bank(torch.bfloat16))
    assert narrow.dtype == torch.bfloat16
    assert (narrow.double() - right).norm() / right.norm() < 0.02


def test_experts_that_are_not_chosen_are_never_read():
    x, (chosen, weights) = tokens(4), route(logits(4)[:, :3], 2)
    poisoned = bank()
    poisoned.gate_up[3:], poisoned.down[3:] = float("nan"), float("nan")
    assert torch.equal(
        mix_experts(x, chosen, weights, poisoned), mix_experts(x, chosen, weights, bank())
    )


def test_a_row_has_the_same_sum_in_any_company():
    x, (chosen, weights) = tokens(9), route(logits(9), 3)
    together = mix_experts(x, chosen, weights, bank())
    alone = torch.cat(
        [mix_experts(x[i : i + 1], chosen[i : i + 1], weights[i : i + 1], bank()) for i in range(9)]
    )
    assert (together - alone).abs().max() < 1e-12


def test_experts_that_do_not_fit_their_tokens_are_refused():
    with pytest.raises(ShapeMismatch, match=r"\(3, 2\)"):
        mix_experts(tokens(4), torch.zeros(3, 2, dtype=torch.long), torch.zeros(3, 2), bank())
