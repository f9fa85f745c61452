"""docqa's own in 6 bits: the blocks that ggml calls Q6_K, 256 columns with a scale for every 16.

A matrix NAME [rows, columns] is stored as NAME.q6_k (uint8 [rows, columns / 256 * 210]);
kernels/gguf_matmul computes it as it lies there.
"""

import torch
from torch import Tensor

from docqa.kernels.gguf_matmul import BLOCKS, BlockMatrix

from .format import BadParts, Parts, TensorFormat

KIND = "Q6_K"
SUFFIX = ".q6_k"  # after the name of a matrix
COLUMNS = BLOCKS[KIND].columns
_GROUP = 16
_LOWEST = -32
_HIGHEST = 31
_STRETCHES = (
    0.0,
    -1.0,
    -0.5,
    0.5,
    1.0,
)  # steps by which the range of a group is tried longer or shorter


def quantize_blocks(weight: Tensor) -> Tensor:
    """A matrix [rows, columns] in blocks, uint8 [rows, bytes]; columns are a multiple of 256."""
    groups = weight.float().reshape(-1, COLUMNS // _GROUP, _GROUP)
    scale = _best_group_steps(groups)
    extreme = scale.gather(1, scale.abs().argmax(1, keepdim=True))
    factor = (extreme / -128).half()
    wide = factor.float()
    steps = torch.where(wide == 0, torch.zeros_like(scale), scale / wide).round().clamp(-128, 127)
    codes = _quantized_codes(groups, (steps * wide)[..., None]) - _LOWEST
    return _pack_blocks(codes.to(torch.uint8).flatten(1), steps.to(torch.int8), factor).view(
        weight.shape[0], -1
    )


def _best_group_steps(groups: Tensor) -> Tensor:
    """The step of every group: of several ranges around its largest value, the one of least squared
    error.
    """
    largest = groups.gather(-1, groups.abs().argmax(-1, keepdim=True))
    best = torch.zeros_like(largest)
    least = groups.square().sum(-1, keepdim=True)
    for stretch in _STRETCHES:
        codes = _quantized_codes(groups, largest / (_LOWEST + stretch))
        square = codes.square().sum(-1, keepdim=True)
        step = torch.where(
            square == 0, square, (groups * codes).sum(-1, keepdim=True) / square
        )  # least squares
        error = (step * codes - groups).square().sum(-1, keepdim=True)
        best = torch.where(error < least, step, best)
        least = torch.minimum(error, least)
    return best[..., 0]


def _quantized_codes(groups: Tensor, step: Tensor) -> Tensor:
    """Whole numbers from -32 to 31, float32."""
    return (
        torch.where(step == 0, torch.zeros_like(groups), groups / step)
        .round()
        .clamp(_LOWEST, _HIGHEST)
    )


def _pack_blocks(codes: Tensor, steps: Tensor, factor: Tensor) -> Tensor:
    """Blocks [blocks, 210]: low halves of 256 codes, two more bits of each, 16 steps, and their
    factor in fp16.
    """
    quarters = codes.view(-1, 2, 4, 32)
    low = (quarters[:, :, :2] & 15) | ((quarters[:, :, 2:] & 15) << 4)
    shift = torch.arange(0, 8, 2, dtype=torch.uint8)[:, None]
    high = ((quarters >> 4) << shift).sum(2, dtype=torch.uint8)
    return torch.cat(
        [low.flatten(1), high.flatten(1), steps.view(torch.uint8), factor.view(torch.uint8)], 1
    )


def _check_part_shapes(parts: Parts, shape: tuple[int, ...]) -> None:
    blocks = parts["blocks"]
    block = BLOCKS[KIND]
    fits = len(shape) == 2 and shape[1] % COLUMNS == 0
    if (
        blocks.dtype != torch.uint8
        or not fits
        or blocks.shape != (shape[0], shape[1] // COLUMNS * block.bytes)
    ):
        raise BadParts(f"is {blocks.dtype} {tuple(blocks.shape)}, for a matrix of {shape}")


FORMAT = TensorFormat(
    f"weight{SUFFIX}",
    {"blocks": f"weight{SUFFIX}"},
    lambda parts, shape, quantization: BlockMatrix.from_bytes(parts["blocks"], KIND).dense(),
    check=_check_part_shapes,
)
