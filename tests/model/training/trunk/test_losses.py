"""Losses of the distillation beside their formulas."""

import torch
from torch.nn import functional

from docqa.model.training.trunk.losses import alignment, head_divergence


def test_the_divergence_and_its_gradient_are_those_of_whole_logits():
    torch.manual_seed(0)
    hidden = torch.randn(300, 16, requires_grad=True)
    target = torch.randn(300, 16)
    head = torch.randn(50, 16)
    theirs = functional.linear(target, head).log_softmax(-1)
    ours = functional.linear(hidden, head).log_softmax(-1)
    wanted = functional.kl_div(ours, theirs, log_target=True, reduction="batchmean")
    found = head_divergence(hidden, target, head, lambda states: functional.linear(states, head))
    assert torch.allclose(found, wanted, rtol=1e-5)
    assert torch.allclose(
        *(torch.autograd.grad(3 * loss, hidden)[0] for loss in (found, wanted)), atol=1e-6
    )


def test_alignment_weighs_tokens_alike_and_leaves_out_the_padding():
    ours = {1: torch.tensor([[[3.0, 3.0], [500.0, -500.0], [7.0, -7.0]]])}
    theirs = {1: torch.tensor([[[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]])}
    counted = torch.tensor([[True, True, False]])
    assert torch.allclose(
        alignment(ours, theirs, counted), torch.tensor((0.0 + 2.0) / 2), atol=1e-3
    )
