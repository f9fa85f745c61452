"""docqa's own: 4 or 8 bits a value, a scale and a zero for every group of 64 inputs (quantize.py)."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.model.checkpoints.formats.format import BadParts, Format, Parts
from docqa.model.checkpoints.formats.quantization import Quantization


def _decode(parts: Parts, shape: tuple[int, ...], quantization: Quantization) -> Tensor:
    from docqa.model.checkpoints.quantize import dequantize

    return dequantize(parts["q"], parts["scale"], parts["zero"])


def _check(parts: Parts, shape: tuple[int, ...]) -> None:
    """Shapes, before any arithmetic."""
    q, scale, zero = parts["q"], parts["scale"], parts["zero"]
    have = f"{q.dtype} {tuple(q.shape)}"
    if len(shape) != 2:
        raise BadParts(f"is {have}, for a tensor of {shape}")
    rows, columns = shape
    packed = q.shape == (rows, columns // 2) and q.dtype == torch.uint8
    if not packed and not (q.shape == (rows, columns) and q.dtype == torch.int8):
        raise BadParts(f"is {have}, for a matrix of {shape}")
    if scale.ndim != 2 or scale.shape != zero.shape or scale.shape[0] != rows or columns % max(scale.shape[1], 1):
        raise BadParts(f"has scale and zero of {tuple(scale.shape)} and {tuple(zero.shape)}, for a matrix of {shape}")


FORMAT = Format(
    "groups of 64 in 4 or 8 bits",
    "weight.q",
    {"q": "weight.q", "scale": "weight.scale", "zero": "weight.zero"},
    _decode,
    check=_check,
)
