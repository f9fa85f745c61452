"""What an encoder that reads both ways has beside its products: attention, layer norms, activation.

Texts stand one behind the other, without filling: text n has the tokens from starts[n] to starts[n + 1].
"""

from __future__ import annotations

from torch import Tensor

from docqa.kernels.dispatch import choose, recorded, register, register_native
from docqa.kernels.encoder.native import add_layer_norm_native, biased_gelu_native, encoder_attention_native
from docqa.kernels.encoder.reference import (
    add_layer_norm_reference,
    biased_gelu_reference,
    distance_bias,
    encoder_attention_reference,
)

__all__ = ["add_layer_norm", "biased_gelu", "distance_bias", "encoder_attention"]

register_native("encoder_attention", encoder_attention_native)
register("encoder_attention", "reference", encoder_attention_reference)
register_native("add_layer_norm", add_layer_norm_native)
register("add_layer_norm", "reference", add_layer_norm_reference)
register_native("biased_gelu", biased_gelu_native)
register("biased_gelu", "reference", biased_gelu_reference)


def encoder_attention(
    q: Tensor, k: Tensor, v: Tensor, starts: Tensor, *, heads: int, near: Tensor | None = None,
    shifts: tuple[Tensor, Tensor, Tensor] | None = None,
) -> Tensor:  # fmt: skip
    """What every token attends to in its own text, both ways, [tokens, heads * dim] of q, k and v of the same shape.

    The score of token j for token i is q_i . k_j * dim^-1/2 + near[head, longest - 1 + j - i], of `near`
    [heads, 2 * longest - 1]. `shifts` [heads * dim], of q, k and v, are added to these first. `starts` [texts + 1] is
    on the CPU. A text's result has the same bits whatever stands beside it.
    """
    if recorded(q, k, v, near, *(shifts or ())):
        return encoder_attention_reference(q, k, v, starts, heads=heads, near=near, shifts=shifts)
    run = choose("encoder_attention", q.device.type, q.dtype).function
    return run(q, k, v, starts, heads=heads, near=near, shifts=shifts)  # type: ignore[no-any-return]


def add_layer_norm(
    x: Tensor, r: Tensor | None, weight: Tensor, bias: Tensor, eps: float, *, shift: Tensor | None = None
) -> Tensor:
    """LayerNorm(x + (r + shift)) * weight + bias over the last axis, in the shape of x; r in that of x or None.

    `shift` [dim] is the bias of the product that gave r.
    """
    if recorded(x, r, weight, bias, shift):
        return add_layer_norm_reference(x, r, weight, bias, eps, shift=shift)
    run = choose("add_layer_norm", x.device.type, x.dtype).function
    return run(x, r, weight, bias, eps, shift=shift)  # type: ignore[no-any-return]


def biased_gelu(x: Tensor, shift: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """gelu(x + shift), the exact form, in the shape of x; `shift` [dim] is along its last axis.

    `out`, where it is given, gets the result: x itself, or a contiguous tensor of its shape and dtype.
    """
    if recorded(x, shift):
        return biased_gelu_reference(x, shift, out=out)
    return choose("biased_gelu", x.device.type, x.dtype).function(x, shift, out=out)  # type: ignore[no-any-return]
