"""Rounding to 4 bits in which the inputs still to come make up for the error of those before them.

Source: GPTQ (Frantar et al. 2023, algorithm 1), with docqa's groups: a group's step and zero are chosen when its first
input is reached, for the weights as they have become by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from docqa.model.checkpoints.formats.grouped import GROUP, codes_of, fitted_grid
from docqa.model.linear import Linear

DAMPING = 0.01  # of the mean power of an input, added to each: inputs that hardly occur cannot carry errors


@torch.no_grad()
def input_grams(network: nn.Module, batches: Iterable[Tensor], wanted: Callable[[str], bool]) -> dict[str, Tensor]:
    """X^T X [inputs, inputs] of what the `wanted` matrices read, over ids [batch, seq]; by their names.

    Matrices that read the same inputs share one tensor.
    """
    grams: dict[str, Tensor] = {}
    seen: list[tuple[Tensor, str]] = []  # inputs of this batch, and the name that counts them

    def hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def count(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            x = inputs[0]
            if any(x is other for other, _ in seen[-1:]):
                grams[name] = grams[seen[-1][1]]
                return
            rows = x.flatten(0, -2).float()
            grams[name] = grams[name].add_(rows.T @ rows) if name in grams else rows.T @ rows
            seen[:] = [(x, name)]

        return count

    hooks = [
        module.register_forward_pre_hook(hook(f"{name}.weight"))
        for name, module in network.named_modules()
        if isinstance(module, Linear) and wanted(f"{name}.weight")
    ]
    try:
        for ids in batches:
            network(ids)
    finally:
        for each in hooks:
            each.remove()
    return grams


@torch.no_grad()
def compensated(weight: Tensor, gram: Tensor, bits: int = 4) -> Tensor:
    """The matrix [rows, inputs] on a grid that is stored in `bits` without further loss; least error of its outputs.

    `gram` [inputs, inputs] is X^T X of its inputs.
    """
    left, rounded = weight.float().clone(), torch.empty_like(weight, dtype=torch.float32)
    factor = _inverse_factor(gram)
    for start in range(0, weight.shape[1], GROUP):
        end = start + GROUP
        scale, zero = (part[:, 0] for part in fitted_grid(left[:, None, start:end], bits, gram.diagonal()[start:end]))
        errors = torch.empty(len(left), GROUP)
        for at in range(start, end):
            column = left[:, at]
            rounded[:, at] = (codes_of(column, scale, zero, bits) - zero) * scale
            error = (column - rounded[:, at]) / factor[at, at]
            errors[:, at - start] = error
            left[:, at + 1 : end].addr_(error, factor[at, at + 1 : end], alpha=-1.0)
        left[:, end:] -= errors @ factor[start:end, end:]
    return rounded


def _inverse_factor(gram: Tensor) -> Tensor:
    """The upper Cholesky factor of the damped gram's inverse, [inputs, inputs]."""
    damped = gram.double().clone()
    power = damped.diagonal()
    power.add_(DAMPING * power.mean().clamp(min=1e-12))
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    return torch.linalg.cholesky(inverse, upper=True).float()
