"""What an encoder has beside its products, in C++: tensors lend their memory to the forms for arrays."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.kernels.cpu import encoder_arrays as arrays
from docqa.kernels.cpu.library import Library


def encoder_attention_native(
    q: Tensor, k: Tensor, v: Tensor, starts: Tensor, *, heads: int, near: Tensor | None = None,
    shifts: tuple[Tensor, Tensor, Tensor] | None = None, library: Library,
) -> Tensor:  # fmt: skip
    """Same arguments and result as `encoder_attention_reference`, float32; not differentiable."""
    biases = None if shifts is None else (_array(shifts[0]), _array(shifts[1]), _array(shifts[2]))
    by_distance = None if near is None else _array(near)
    found = arrays.encoder_attention(
        _array(q), _array(k), _array(v), _array(starts), heads=heads, near=by_distance, shifts=biases, library=library
    )
    return torch.from_numpy(found)


def add_layer_norm_native(
    x: Tensor, r: Tensor | None, weight: Tensor, bias: Tensor, eps: float, *, shift: Tensor | None = None,
    library: Library,
) -> Tensor:  # fmt: skip
    """Same arguments and result as `add_layer_norm_reference`, float32; not differentiable."""
    more, moved = (None if part is None else _array(part) for part in (r, shift))
    found = arrays.add_layer_norm(_array(x), more, _array(weight), _array(bias), eps, shift=moved, library=library)
    return torch.from_numpy(found)


def biased_gelu_native(
    x: Tensor, shift: Tensor | None = None, *, out: Tensor | None = None, library: Library
) -> Tensor:
    """Same arguments and result as `biased_gelu_reference`, float32; not differentiable."""
    moved, to = (None if part is None else _array(part) for part in (shift, out))
    found = arrays.biased_gelu(_array(x), moved, out=to, library=library)
    return torch.from_numpy(found) if out is None else out


def _array(x: Tensor) -> arrays.Array:
    """The memory of a tensor on the CPU as an array."""
    return x.detach().numpy()
