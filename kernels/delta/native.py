"""Gated delta rule in C++: chunks of 32 tokens with the state in cache, and the recurrence for a
few tokens.
"""

from functools import partial

import torch
from torch import Tensor

from docqa.kernels.cpu import Library, arrays
from docqa.kernels.cpu.library import contiguous_float32


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
    heads = (
        x.detach()
        if x.stride(-1) == 1 and x.dtype == torch.float32
        else contiguous_float32(x.detach())
        for x in (q, k, v)
    )
    gates = {
        "decay": contiguous_float32(decay.detach()).numpy(),
        "beta": contiguous_float32(beta.detach()).numpy(),
    }
    before = None if state is None else state.detach().float().numpy()
    found = arrays.delta_rule(
        *(x.numpy() for x in heads), **gates, state=before, step=step, library=library
    )
    return torch.from_numpy(found[0]), torch.from_numpy(found[1])


delta_step_native = partial(delta_rule_native, step=True)
