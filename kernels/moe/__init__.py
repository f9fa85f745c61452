"""Sparse experts: which ones a token is sent to, and what they make of it."""

from torch import Tensor

from docqa.kernels.decode_step.native import PackedExperts, Pair
from docqa.kernels.dispatch import (
    are_gradients_recorded,
    register,
    register_native,
    register_triton,
    run_implementation,
)
from docqa.kernels.errors import ShapeMismatch
from docqa.kernels.norm.reference import at_least_float32

from .bank import ExpertBank, StackedExperts
from .grouped import mix_grouped
from .native import mix_native
from .reference import mix_reference

__all__ = ["ExpertBank", "PackedExperts", "Pair", "StackedExperts", "mix_experts", "route"]

register_triton("experts", "docqa.kernels.moe.gpu", "mix_gpu")
register_native("experts_packed", mix_native)
for operation in ("experts", "experts_packed", "experts_training"):
    register(operation, "grouped", mix_grouped)
    register(operation, "reference", mix_reference)


def route(logits: Tensor, k: int, *, normalise: bool = True) -> tuple[Tensor, Tensor]:
    """k experts for each token of `logits` [tokens, experts], the lower number first where logits
    are equal, and what each counts.

    Returns experts, int64 [tokens, k], the largest first, and weights [tokens, k], float32 at
    least, which add up to 1 with `normalise` and else are those of the softmax over all experts.
    """
    wide = at_least_float32(logits)
    best, chosen = _largest_by_row(wide, k)
    if normalise:
        return chosen, best.softmax(-1)
    return chosen, (best - wide.logsumexp(-1, keepdim=True)).exp()


def _largest_by_row(x: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k largest of each row of x [rows, count], the first of equals first, and where they
    are.
    """
    count = min(k + 1, x.shape[-1])
    best, chosen = x.topk(count, dim=-1)
    # topk promises no order among equals: rows with any among the k + 1 largest are sorted again,
    # which does.
    tied = (best[:, 1:] == best[:, :-1]).any(-1).nonzero()[:, 0]
    if len(tied):
        again, order = x[tied].sort(dim=-1, descending=True, stable=True)
        best[tied], chosen[tied] = again[:, :count], order[:, :count]
    return best[:, :k], chosen[:, :k]


def mix_experts(x: Tensor, chosen: Tensor, weights: Tensor, bank: ExpertBank) -> Tensor:
    """The weighted sum over each token's experts of down(SiLU(gate x) * up x), added in ascending
    order of experts.

    x is [tokens, hidden], `chosen` int64 [tokens, k], different experts for a token, `weights`
    [tokens, k]; `bank` is asked for chosen experts only. Returns [tokens, hidden] in the dtype of
    x, summed in float32 at least. Raises ShapeMismatch.
    """
    if chosen.shape != weights.shape or chosen.ndim != 2 or len(chosen) != len(x):
        raise ShapeMismatch(
            f"experts {tuple(chosen.shape)} and weights {tuple(weights.shape)} of tokens {tuple(x.shape)}"
        )
    matrices = (bank.gate_up, bank.down) if isinstance(bank, StackedExperts) else ()
    packed = "experts_packed" if isinstance(bank, PackedExperts) else "experts"
    operation = "experts_training" if are_gradients_recorded(x, weights, *matrices) else packed
    return run_implementation(operation, x, chosen, weights, bank)
