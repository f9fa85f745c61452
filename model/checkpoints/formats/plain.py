"""Tensors stored as they are, in bf16, fp16, fp32 or fp64."""

from __future__ import annotations

import torch
from torch import Tensor

from docqa.model.checkpoints.formats.format import BadParts, Format, Parts
from docqa.model.checkpoints.formats.quantization import Quantization

FLOATS = (torch.bfloat16, torch.float16, torch.float32, torch.float64)


def decode(parts: Parts, shape: tuple[int, ...], quantization: Quantization) -> Tensor:
    """The tensor as it is. Raises BadParts for a dtype that means nothing without a scale."""
    value = parts["weight"]
    if value.dtype not in FLOATS:
        raise BadParts(f"is stored as {value.dtype} without a scale; the checkpoint is quantized in an unknown way")
    return value


FORMAT = Format("plain", "weight", {"weight": ""}, decode, ending="")
