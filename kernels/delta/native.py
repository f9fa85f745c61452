"""Gated delta rule in C++: chunks of 32 tokens with the state in cache, and the recurrence for a few tokens."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from docqa.kernels.cpu.library import DeltaCall, Library, StridedTensor, plain


def _call(name: str, library: Library, *, q: Tensor, k: Tensor, v: Tensor, decay: Tensor, beta: Tensor,
          state: Tensor | None) -> tuple[Tensor, Tensor]:  # fmt: skip
    batch, seq, heads, key_dim = k.shape
    value_dim = v.shape[-1]
    q, k, v = (x if x.stride(-1) == 1 and x.dtype == torch.float32 else plain(x) for x in (q, k, v))
    decay, beta = plain(decay), plain(beta)
    if state is None:
        memory = v.new_zeros(batch, heads, key_dim, value_dim)
    else:
        memory = state.to(torch.float32, memory_format=torch.contiguous_format, copy=True)
    out = v.new_empty(batch, seq, heads, value_dim)
    call = DeltaCall(
        batch, seq, heads, key_dim, value_dim, StridedTensor.of(q), StridedTensor.of(k), StridedTensor.of(v),
        decay.data_ptr(), beta.data_ptr(), memory.data_ptr(), out.data_ptr(), None,
    )  # fmt: skip
    library.run(name, ctypes.byref(call))
    return out, memory


def delta_rule_native(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    decay: Tensor,
    beta: Tensor,
    state: Tensor | None = None,
    library: Library,
) -> tuple[Tensor, Tensor]:
    """Same arguments, shapes and results as `delta_rule_reference`, all float32; not differentiable."""
    return _call("delta", library, q=q, k=k, v=v, decay=decay, beta=beta, state=state)


def delta_step_native(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    decay: Tensor,
    beta: Tensor,
    state: Tensor | None = None,
    library: Library,
) -> tuple[Tensor, Tensor]:
    """Same arguments, shapes and results as `delta_rule_reference`, all float32; meant for 1 to a dozen tokens."""
    return _call("delta_step", library, q=q, k=k, v=v, decay=decay, beta=beta, state=state)
