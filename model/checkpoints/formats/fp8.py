"""FP8 (e4m3) with a scale for every block of 128 x 128, as in the family's releases, or for every
row. It multiplies, although the releases call it `weight_scale_inv`."""

import torch
from torch import Tensor

from .format import BadParts, Parts, TensorFormat, check_part_shape
from .quantization import Quantization


def _check_part_shapes(parts: Parts, shape: tuple[int, ...]) -> None:
    weight = parts["weight"]
    if weight.dtype != torch.float8_e4m3fn:
        raise BadParts(f"has a scale, and is stored as {weight.dtype} instead of FP8 (e4m3)")
    check_part_shape(weight, shape, "values", shape)


def _dequantize_by_blocks(
    parts: Parts, shape: tuple[int, ...], quantization: Quantization
) -> Tensor:
    """W = value * scale of its block; edge blocks may be cut off."""
    (height, width), (rows, columns) = quantization.block, shape[-2:]
    scale = parts["scale"]
    check_part_shape(
        scale,
        (*shape[:-2], -(-rows // height), -(-columns // width)),
        "scales",
        shape,
    )
    tall = scale.float().repeat_interleave(height, -2)[..., :rows, :]
    return parts["weight"].float() * tall.repeat_interleave(width, -1)[..., :columns]


def _dequantize_by_channels(
    parts: Parts, shape: tuple[int, ...], quantization: Quantization
) -> Tensor:
    """W = value * scale of its row, of its block, or of the whole matrix."""
    scale = parts["scale"]
    if scale.numel() == 1:
        return parts["weight"].float() * scale.float().reshape(())
    if scale.numel() == shape[0] and len(shape) == 2:
        return parts["weight"].float() * scale.float().reshape(-1, 1)
    return _dequantize_by_blocks(parts, shape, quantization)


# Scales of activations are for kernels that multiply in FP8; here activations keep their precision.
_EXTRA = {"input": "input_scale", "activation": "activation_scale"}
_PARTS = {"weight": "weight", **_EXTRA}
BLOCKS = TensorFormat(
    "weight_scale_inv",
    _PARTS | {"scale": "weight_scale_inv"},
    _dequantize_by_blocks,
    frozenset(_EXTRA),
    check=_check_part_shapes,
)
STACKED_BLOCKS = TensorFormat(
    "_proj_scale_inv",
    {"weight": "_proj", "scale": "_proj_scale_inv"},
    _dequantize_by_blocks,
    ending="_proj",
    check=_check_part_shapes,
)
CHANNELS = TensorFormat(
    "weight_scale",
    _PARTS | {"scale": "weight_scale"},
    _dequantize_by_channels,
    frozenset(_EXTRA),
    check=_check_part_shapes,
)
