"""Sparse experts: which experts a token is sent to, and what they make of it."""

from __future__ import annotations

from torch import Tensor

from docqa.kernels.dispatch import choose, recorded, register, register_triton
from docqa.kernels.errors import ShapeMismatch
from docqa.kernels.moe.bank import ExpertBank, Matrix, Stacked
from docqa.kernels.moe.grouped import mix_grouped
from docqa.kernels.moe.reference import mix_reference
from docqa.kernels.moe.routing import route

__all__ = ["ExpertBank", "Matrix", "Stacked", "mix_experts", "route"]

register_triton("experts", "docqa.kernels.moe.gpu", "mix_gpu")
register("experts", "grouped", mix_grouped)
register("experts", "reference", mix_reference)
register("experts_training", "grouped", mix_grouped)
register("experts_training", "reference", mix_reference)


def mix_experts(x: Tensor, chosen: Tensor, weights: Tensor, bank: ExpertBank) -> Tensor:
    """The weighted sum over each token's experts of down(SiLU(gate x) * up x), added in ascending order of experts.

    Args:
        x: [tokens, hidden].
        chosen: int64 [tokens, k], experts; those of a token differ from one another.
        weights: [tokens, k].
        bank: the experts' matrices; only those of chosen experts are asked for.

    Returns:
        [tokens, hidden] in the dtype of x, summed in float32 at least.

    Raises:
        ShapeMismatch: chosen and weights do not fit x.
    """
    if chosen.shape != weights.shape or chosen.ndim != 2 or len(chosen) != len(x):
        raise ShapeMismatch(
            f"experts {tuple(chosen.shape)} and weights {tuple(weights.shape)} of tokens {tuple(x.shape)}"
        )
    matrices = (bank.gate_up, bank.down) if isinstance(bank, Stacked) else ()
    operation = "experts_training" if recorded(x, weights, *matrices) else "experts"
    return choose(operation, x.device.type, x.dtype).function(x, chosen, weights, bank)
