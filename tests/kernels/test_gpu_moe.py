"""The experts' products in Triton: in the interpreter against the sum of the formula, and on a
device where one is.
"""

import pytest
import torch

from docqa.kernels.moe import StackedExperts, mix_experts, route
from docqa.kernels.moe.reference import mix_reference
from tests.kernels.machine import in_every_dtype, needs_device, seeded

MIX = "docqa.kernels.moe.gpu:mix_gpu"
# Relative to the whole result. The inner activations are rounded to the dtype of x, and so is what
# comes out: each by up to 2^-7 in bfloat16, which the interpreter cuts off, and 2^-11 in float16;
# float32 adds up some 20 products.
BOUND = {torch.float32: 1e-6, torch.bfloat16: 1e-2, torch.float16: 1e-3}


def bank(experts, hidden, inner, dtype=torch.float32):
    source = seeded(0)
    gate_up = torch.randn(experts, 2 * inner, hidden, generator=source) * hidden**-0.5
    return StackedExperts(
        gate_up.to(dtype),
        (torch.randn(experts, hidden, inner, generator=source) * inner**-0.5).to(dtype),
    )


def tokens(count, hidden, experts, dtype=torch.float32):
    source = seeded(count)
    return torch.randn(count, hidden, generator=source).to(dtype), torch.randn(
        count, experts, generator=source
    )


def right_of(x, chosen, weights, matrices):
    wide = StackedExperts(matrices.gate_up.double(), matrices.down.double())
    return mix_reference(x.double(), chosen, weights.double(), wide)


@in_every_dtype
@pytest.mark.parametrize(("count", "k"), [(1, 3), (2, 1), (45, 2), (9, 5)])
def test_the_sum_is_that_of_the_formula(interpreted, count, k, dtype):
    matrices = bank(5, 20, 18, dtype)
    x, logits = tokens(count, 20, 5, dtype)
    chosen, weights = route(logits, k)
    found = interpreted(MIX, x, chosen, weights, matrices)
    right = right_of(x, chosen, weights, matrices)
    assert found.dtype == dtype
    assert (found.double() - right).norm() / right.norm() < BOUND[dtype]


def test_row_is_the_same_in_any_batch_without_unused_experts(interpreted):
    matrices = bank(6, 12, 5)
    x, logits = tokens(40, 12, 6)
    chosen, weights = route(logits[:, :4], 3)  # experts 4 and 5 are sent nothing
    matrices.gate_up[4:], matrices.down[4:] = float("nan"), float("nan")
    together = interpreted(MIX, x, chosen, weights, matrices)
    assert torch.isfinite(together).all()
    for part in (slice(3, 4), slice(20, 33)):
        alone = interpreted(MIX, x[part], chosen[part], weights[part], matrices)
        # The interpreter multiplies by numpy, whose sums have another order for other shapes on
        # some processors.
        assert (alone - together[part]).abs().max() < 1e-5 * together.abs().max()


def test_experts_are_added_in_ascending_order(interpreted):
    """Large, its opposite, small: any other order loses the small one."""
    sizes = torch.tensor([2.0**27, -(2.0**27), 1.0])
    matrices = StackedExperts(torch.ones(3, 2, 1), sizes[:, None, None])
    chosen = torch.tensor([[2, 0, 1], [1, 2, 0], [0, 1, 2]])
    found = interpreted(MIX, torch.ones(3, 1), chosen, torch.ones(3, 3), matrices)
    assert (found - torch.nn.functional.silu(torch.ones(()))).abs().max() < 1e-6


def test_one_expert_may_take_every_token(interpreted):
    matrices = bank(3, 12, 5)
    x = tokens(35, 12, 3)[0]
    chosen = torch.ones(35, 1, dtype=torch.int64)
    weights = torch.rand(35, 1)
    found = interpreted(MIX, x, chosen, weights, matrices)
    right = right_of(x, chosen, weights, matrices)
    assert (found - right).norm() / right.norm() < BOUND[torch.float32]


def test_no_tokens_give_no_rows_and_other_dtypes_are_refused(interpreted):
    x = torch.randn(0, 12)
    chosen = torch.zeros(0, 2, dtype=torch.int64)
    weights = torch.zeros(0, 2)
    assert interpreted(MIX, x, chosen, weights, bank(3, 12, 5)).shape == (0, 12)
    x = torch.randn(2, 12)
    chosen = torch.zeros(2, 1, dtype=torch.int64)
    weights = torch.ones(2, 1)
    with pytest.raises(AssertionError, match="dtype"):  # torch's own refusal, from the grouped form
        interpreted(MIX, x, chosen, weights, bank(3, 12, 5, torch.bfloat16))


@pytest.mark.gpu
@needs_device
@in_every_dtype
@pytest.mark.parametrize("count", [1, 300])
def test_on_a_device_the_sum_is_that_of_the_formula(count, dtype):
    matrices = bank(16, 192, 96, dtype)
    x, logits = tokens(count, 192, 16, dtype)
    chosen, weights = route(logits, 4)
    there = StackedExperts(matrices.gate_up.cuda(), matrices.down.cuda())
    found = mix_experts(x.cuda(), chosen.cuda(), weights.cuda(), there)
    right = right_of(x, chosen, weights, matrices)
    assert (found.cpu().double() - right).norm() / right.norm() < BOUND[dtype]
