"""The native kernels on arrays, for tensors of torch."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .library import contiguous_float32


def wrap_array_operation(function: Callable[..., np.ndarray]) -> Callable[..., Tensor]:
    """An operation of `arrays` on tensors: float32 inside, its result in the dtype of the first;
    not differentiable.
    """

    def call(*given: Any, **named: Any) -> Tensor:
        read = (
            contiguous_float32(x.detach()).numpy() if isinstance(x, Tensor) else x for x in given
        )
        return torch.from_numpy(function(*read, **named)).to(given[0].dtype)

    return call
