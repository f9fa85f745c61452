"""Gated delta rule: the memory of the linear layers."""

import torch
from torch import Tensor

from docqa.kernels.cpu.arrays import FEW_TOKENS
from docqa.kernels.dispatch import (
    are_gradients_recorded,
    choose_implementation,
    register,
    register_native,
    register_triton,
)
from docqa.kernels.errors import ShapeMismatch

from .chunked import CHUNK, delta_rule_chunked
from .native import delta_rule_native, delta_step_native
from .recurrent import delta_rule_recurrent
from .reference import delta_rule_reference, l2_normalise

__all__ = [
    "CHUNK",
    "delta_rule",
    "delta_rule_chunked",
    "delta_rule_recurrent",
    "delta_rule_reference",
    "l2_normalise",
]

register_native("delta", delta_rule_native)
register_native("delta_step", delta_step_native)
register_triton("delta", "docqa.kernels.delta.gpu", "delta_rule_gpu")
register("delta", "chunked", delta_rule_chunked)
register("delta", "reference", delta_rule_reference)
register("delta_training", "chunked", delta_rule_chunked)
register("delta_training", "reference", delta_rule_reference)
register_triton("delta_step", "docqa.kernels.delta.gpu", "delta_step_gpu")
register("delta_step", "recurrent", delta_rule_recurrent)
register("delta_step", "reference", delta_rule_reference)


def delta_rule(
    q: Tensor, k: Tensor, v: Tensor, *, decay: Tensor, beta: Tensor, state: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Gated delta rule; arguments and results as in `delta_rule_reference`.

    Each head of q and k is read by as many neighbouring heads of v as fit. The number of tokens
    alone picks the chunked or the recurrent form, so equal shapes give equal bits. While gradients
    are recorded a form with a gradient runs (that of model/training/gradients is differentiable once).
    Raises ShapeMismatch: batch or seq differ, the heads of v are no multiple of those of q and k,
    `decay` does not fit them, or `state` is not [batch, heads, key_dim, value_dim].
    """
    heads = v.shape[2]
    key_heads = k.shape[2]
    if decay.shape != v.shape[:3]:
        raise ShapeMismatch(
            f"a decay of {tuple(decay.shape)} is not one for each head of v {tuple(v.shape)}"
        )
    if k.shape[:2] != v.shape[:2] or q.shape != k.shape or heads % key_heads:
        raise ShapeMismatch(
            f"q {tuple(q.shape)}, k {tuple(k.shape)} and v {tuple(v.shape)} do not fit together"
        )
    wanted = (k.shape[0], heads, k.shape[3], v.shape[3])
    if state is not None and tuple(state.shape) != wanted:
        raise ShapeMismatch(
            f"the delta state is {tuple(state.shape)}, expected [batch, heads, key, value] = {wanted}"
        )
    training = are_gradients_recorded(q, k, v, decay, beta, state)
    if training:
        wide = torch.promote_types(v.dtype, torch.float32)  # narrower ones are widened inside
        found = choose_implementation("delta_training", v.device.type, wide)
    else:
        found = choose_implementation(
            "delta_step" if k.shape[1] <= FEW_TOKENS else "delta", v.device.type, v.dtype
        )
    repeat = heads // key_heads
    if repeat > 1 and (training or not found.native):
        q = q.repeat_interleave(repeat, 2)
        k = k.repeat_interleave(repeat, 2)
    return found.function(q, k, v, decay=decay, beta=beta, state=state)
