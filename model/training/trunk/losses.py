"""What the student is pulled towards: the teacher's next tokens, its hidden states, and the tokens
of answers.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from docqa.model.training.data.sequences import END, IGNORED
from docqa.model.training.loop import Figures

FIRST_WEIGHT = 3.0
ROWS = 128  # positions whose logits are in memory at once: 25 MB a model


class _HeadDivergence(torch.autograd.Function):
    """KL divergence of two heads' next tokens, the mean over positions; the gradient is computed on
    the way.

    No tensor of [positions, vocabulary] is kept, and the heads have no gradient.
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, target: Tensor, head: Tensor, logits: Callable[[Tensor], Tensor]
    ) -> Tensor:
        total = hidden.new_zeros((), dtype=torch.float32)
        gradients = []
        for ours, theirs in zip(hidden.split(ROWS), target.split(ROWS), strict=True):
            mine = functional.linear(ours.to(head.dtype), head).float()
            mine -= mine.logsumexp(-1, keepdim=True)
            wanted = logits(theirs).float()
            wanted -= wanted.logsumexp(-1, keepdim=True)
            shares = wanted.exp()
            total += torch.dot(shares.flatten(), (wanted.sub_(mine)).flatten())
            gradients.append((mine.exp_().sub_(shares).to(head.dtype) @ head).float())
        ctx.save_for_backward(torch.cat(gradients) / len(hidden))
        ctx.dtype = hidden.dtype
        return total / len(hidden)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (found,) = ctx.saved_tensors
        return (found * gradient).to(ctx.dtype), None, None, None


def head_divergence(
    hidden: Tensor, target: Tensor, head: Tensor, logits: Callable[[Tensor], Tensor]
) -> Tensor:
    """Mean KL divergence, in nats, from the teacher's next tokens to the student's.

    `hidden` and `target` [positions, hidden] are the last states of student and teacher; `head`
    [vocab, hidden] is the student's, `logits` computes the teacher's.
    """
    found: Tensor = _HeadDivergence.apply(hidden, target, head, logits)
    return found


def alignment(ours: Mapping[int, Tensor], theirs: Mapping[int, Tensor], counted: Tensor) -> Tensor:
    """Squared distance of normalised states over the power of the teacher's, the mean over layers
    and `counted` tokens.

    States [batch, seq, hidden] by layer, `counted` [batch, seq]. Each token's state is brought to a
    root mean square of 1 first: a few tokens have states a hundred times as large as the others'.
    """
    distances = []
    for number, target in theirs.items():
        width = (target.shape[-1],)
        wanted = functional.rms_norm(target.float(), width, eps=1e-5)[counted]
        found = functional.rms_norm(ours[number].float(), width, eps=1e-5)[counted]
        distances.append((found - wanted).square().mean())
    return torch.stack(distances).mean()


def read_tokens(ids: Tensor) -> Tensor:
    """Which of ids [batch, seq] stand before the padding on the right."""
    return (ids != END).flip(1).cumsum(1).flip(1) > 0


def answer_loss(head: Tensor, hidden: Tensor, labels: Tensor) -> tuple[Tensor, Figures]:
    """Cross entropy on the answers' tokens, each answer's first token weighing FIRST_WEIGHT times a
    later one.

    Where an answer starts is what is hard to learn; going on with it is copying. Also returns the
    shares of first tokens and of all tokens that the model would have chosen.
    """
    before = hidden[:, :-1]
    after = labels[:, 1:]
    mask = after != IGNORED
    first = (labels[:, :-1] == IGNORED)[mask]
    logits = functional.linear(before[mask].to(head.dtype), head).float()
    target = after[mask]
    weight = torch.where(first, FIRST_WEIGHT, 1.0)
    loss = (
        functional.cross_entropy(logits, target, reduction="none") * weight
    ).sum() / weight.sum()
    right = (logits.argmax(-1) == target).float()
    return loss, {
        "answer_tokens_right": float(right.mean()),
        "answer_starts_right": float(right[first].mean()),
    }
