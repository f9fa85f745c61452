"""The gated delta rule with a backward pass in C++, for training on the CPU.

Only the state before every chunk of 32 tokens is kept; the backward pass computes a chunk again in
cache, where torch's own recording keeps some dozen tensors of the size of the inputs.
"""

import ctypes
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from docqa.kernels.cpu.library import DeltaCall, Library, StridedTensor, contiguous_float32
from docqa.kernels.threads import thread_count

from .library import DeltaGradientCall, gradient_functions

CHUNK = 32  # as in delta.inc


class _DeltaRule(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, library: Library, state: Tensor, *inputs: Tensor
    ) -> tuple[Tensor, Tensor]:
        wide = tuple(contiguous_float32(x) for x in inputs)
        batch, seq, heads, key_dim = wide[1].shape
        value_dim = wide[2].shape[-1]
        memory = state.to(torch.float32, memory_format=torch.contiguous_format, copy=True)
        history = memory.new_empty(batch, heads, -(-seq // CHUNK), key_dim, value_dim)
        out = memory.new_empty(batch, seq, heads, value_dim)
        library.call_function("delta", ctypes.byref(_delta_call(wide, memory, out, history)))
        ctx.dtypes = [state.dtype, *(x.dtype for x in inputs)]
        ctx.save_for_backward(history, *wide)
        return out.to(inputs[2].dtype), memory

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        out = contiguous_float32(gradients[0])
        memory = contiguous_float32(gradients[1]).clone()
        history, *inputs = ctx.saved_tensors
        found = [torch.empty_like(x) for x in inputs]
        forward = _delta_call(inputs, memory, out, history)
        call = DeltaGradientCall(
            forward, out.data_ptr(), memory.data_ptr(), *(x.data_ptr() for x in found)
        )
        functions = gradient_functions()
        assert functions is not None
        if functions.docqa_delta_gradient(ctypes.byref(call), thread_count()):
            raise MemoryError("no memory for the gradient of the delta rule; use fewer threads")
        return None, *(x.to(dtype) for x, dtype in zip([memory, *found], ctx.dtypes, strict=True))


def _delta_call(inputs: Sequence[Tensor], state: Tensor, out: Tensor, history: Tensor) -> DeltaCall:
    """Of q, k, v, decay and beta as the kernel reads them; `state` and `history` are written."""
    q, k, v, decay, beta = inputs
    return DeltaCall(
        *v.shape[:3],
        k.shape[-1],
        v.shape[-1],
        *(StridedTensor.from_tensor(x) for x in (q, k, v)),
        *(x.data_ptr() for x in (decay, beta, state, out, history)),
        v.shape[2] // k.shape[2],
    )


def delta_rule_gradient(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    decay: Tensor,
    beta: Tensor,
    state: Tensor | None = None,
    library: Library,
) -> tuple[Tensor, Tensor]:
    """As `delta_rule_reference`, float32 inside; differentiable once."""
    if state is None:
        state = torch.zeros(k.shape[0], k.shape[2], k.shape[3], v.shape[3])
    out, memory = _DeltaRule.apply(library, state, q, k, v, decay, beta)
    return out, memory
