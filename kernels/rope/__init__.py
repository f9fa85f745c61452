"""Rotary position embedding with YaRN."""

from __future__ import annotations

from torch import Tensor

from docqa.kernels.dispatch import choose, register
from docqa.kernels.rope.reference import rotate_reference
from docqa.kernels.rope.yarn import YarnOptions, boundaries, frequencies, magnitude, rotation_table

__all__ = ["YarnOptions", "boundaries", "frequencies", "magnitude", "rotate", "rotation_table"]

register("rope", "reference", rotate_reference)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate the first `cos.shape[-1]` dims of x [batch, seq, heads, dim] by cos, sin [seq, rotary_dim]."""
    return choose("rope", x.device.type, x.dtype).function(x, cos, sin)
