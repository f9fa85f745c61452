"""Gated delta rule in C++: chunks of 32 tokens with the state in cache, and the recurrence for a few tokens."""

from __future__ import annotations

import ctypes
from functools import partial

import torch
from torch import Tensor

from docqa.kernels.cpu.library import DeltaCall, Library, plain


def delta_rule_native(
    q: Tensor, k: Tensor, v: Tensor, *, decay: Tensor, beta: Tensor, state: Tensor | None = None, library: Library,
    name: str = "delta",
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Same arguments, shapes and results as `delta_rule`, all float32; not differentiable.

    `name`: of the function in C++; "delta_step" is meant for 1 to a dozen tokens.
    """
    (batch, seq, heads, _), key_dim = v.shape, k.shape[3]
    q, k, v = (x if x.stride(-1) == 1 and x.dtype == torch.float32 else plain(x) for x in (q, k, v))
    if state is None:
        memory = v.new_zeros(batch, heads, key_dim, v.shape[-1])
    else:
        memory = state.to(torch.float32, memory_format=torch.contiguous_format, copy=True)
    out = v.new_empty(batch, seq, heads, v.shape[-1])
    gates = plain(decay), plain(beta)  # kept until the call is over
    library.run(name, ctypes.byref(DeltaCall.of((q, k, v, *gates), memory, out)))
    return out, memory


delta_step_native = partial(delta_rule_native, name="delta_step")
