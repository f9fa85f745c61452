"""Gated delta rule in C++: chunks of 32 tokens with the state in cache, and the recurrence for a
few tokens.
"""

from functools import partial

import torch
from torch import Tensor

from docqa.kernels.cpu import Library, arrays
from docqa.kernels.cpu.library import contiguous_float32, float32_with_dims_in_order


def delta_rule_native(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    decay: Tensor,
    beta: Tensor,
    state: Tensor | None = None,
    library: Library,
    step: bool = False,
) -> tuple[Tensor, Tensor]:
    """As `delta_rule`, all float32; not differentiable. `step`: by the recurrence, meant for 1 to a
    dozen tokens.
    """
    out, memory = arrays.delta_rule(
        *(float32_with_dims_in_order(x.detach()).numpy() for x in (q, k, v)),
        decay=contiguous_float32(decay.detach()).numpy(),
        beta=contiguous_float32(beta.detach()).numpy(),
        state=None if state is None else state.detach().float().numpy(),
        step=step,
        library=library,
    )
    return torch.from_numpy(out), torch.from_numpy(memory)


delta_step_native = partial(delta_rule_native, step=True)
