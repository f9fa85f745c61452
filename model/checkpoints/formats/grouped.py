"""docqa's own: 4 or 8 bits a value, a scale and a zero for every group of 64 inputs.

A matrix NAME [rows, columns] is stored as NAME.q (uint8 [rows, columns / 2], two values a byte, the
low half first; int8 [rows, columns] for 8 bits), NAME.scale and NAME.zero (fp16 [rows, columns /
64]); its value is (q - zero) * scale, in float32.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from docqa.kernels.matmul import GROUP

from .format import BadParts, Parts, TensorFormat

# packed at a time: an embedding of the family is 4 GB in float32, and packing takes several copies
ROWS = 8_192
SHRINK = (
    1.0,
    0.95,
    0.9,
    0.85,
    0.8,
)  # ranges tried for a group of 4-bit values; the one with the least error stays


def dequantize(quantized: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    """(q - zero) * scale, float32 [rows, columns]."""
    if quantized.dtype == torch.int8:
        wide = quantized.float()
    else:
        wide = torch.empty(*quantized.shape, 2)
        wide[..., 0], wide[..., 1] = quantized & 15, quantized >> 4
    wide = wide.view(*scale.shape, -1)
    return (
        wide.sub_(zero.float()[..., None]).mul_(scale.float()[..., None]).view(scale.shape[0], -1)
    )


def quantize_matrix(weight: Tensor, bits: int) -> tuple[Tensor, Tensor, Tensor]:
    """weight [rows, columns] as (q, scale, zero) in 4 or 8 `bits`, as stored."""
    some = [_quantize_rows(rows, bits) for rows in weight.split(ROWS)]
    q, scale, zero = (torch.cat(parts) for parts in zip(*some, strict=True))
    return q, scale, zero


def _quantize_rows(weight: Tensor, bits: int) -> tuple[Tensor, Tensor, Tensor]:
    """As `quantize_matrix`, of as many rows as there is memory for."""
    rows = weight.shape[0]
    groups = weight.float().view(rows, -1, GROUP)
    scale, zero = fit_scale_and_zero(groups, bits)
    flat = quantize_values(groups, scale[..., None], zero[..., None], bits).view(rows, -1)
    if bits == 8:
        return flat.to(torch.int8), scale.half(), zero.half()
    pairs = flat.to(torch.uint8).view(rows, -1, 2)
    return pairs[..., 0] | (pairs[..., 1] << 4), scale.half(), zero.half()


def fit_scale_and_zero(groups: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """Scale and zero [rows, groups] that lose least of groups [rows, groups, 64], as fp16 stores
    them, in float32.
    """
    best_error = torch.full(groups.shape[:2], float("inf"))
    best = torch.zeros(groups.shape[:2]), torch.zeros(groups.shape[:2])
    for low, step in _candidate_ranges(groups, bits):
        scale = step.clamp(min=1e-6).half().float()
        zero = (_lowest_code(bits) - low / scale).half().float()
        wide = scale[..., None]
        offset = zero[..., None]
        total = (
            ((quantize_values(groups, wide, offset, bits) - offset) * wide - groups)
            .square_()
            .sum(-1)
        )
        better = total < best_error
        best_error = torch.where(better, total, best_error)
        best = torch.where(better, scale, best[0]), torch.where(better, zero, best[1])
    return best


def _lowest_code(bits: int) -> int:
    return 0 if bits == 4 else -128


def quantize_values(values: Tensor, scale: Tensor, zero: Tensor, bits: int) -> Tensor:
    """The whole numbers of values, in their dtype; scale and zero have their shape or broadcast to
    it.
    """
    return (
        (values / scale)
        .add_(zero)
        .round_()
        .clamp_(_lowest_code(bits), _lowest_code(bits) + 2**bits - 1)
    )


def _candidate_ranges(groups: Tensor, bits: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Least values and steps to try for groups [rows, groups, 64], each [rows, groups]; the last
    step makes what was quantized once quantize to itself."""
    lowest, highest = groups.aminmax(dim=-1)
    for shrink in SHRINK if bits == 4 else (1.0,):
        yield lowest * shrink, (highest - lowest) * shrink / (2**bits - 1)
    if bits == 4:
        gaps = groups.sort(-1).values.diff(dim=-1)
        finest = 1e-3 * (highest - lowest)[..., None]  # less is the noise of arithmetic
        yield (
            lowest,
            gaps.where(gaps > finest, torch.inf).amin(-1).where(highest > lowest, highest - lowest),
        )


def _check_part_shapes(parts: Parts, shape: tuple[int, ...]) -> None:
    q = parts["q"]
    scale = parts["scale"]
    zero = parts["zero"]
    have = f"{q.dtype} {tuple(q.shape)}"
    if len(shape) != 2:
        raise BadParts(f"is {have}, for a tensor of {shape}")
    rows, columns = shape
    packed = q.shape == (rows, columns // 2) and q.dtype == torch.uint8
    if not packed and not (q.shape == (rows, columns) and q.dtype == torch.int8):
        raise BadParts(f"is {have}, for a matrix of {shape}")
    if (
        scale.ndim != 2
        or scale.shape != zero.shape
        or scale.shape[0] != rows
        or columns % max(scale.shape[1], 1)
    ):
        raise BadParts(
            f"has scale and zero of {tuple(scale.shape)} and {tuple(zero.shape)}, for a matrix of {shape}"
        )


FORMAT = TensorFormat(
    "weight.q",
    {"q": "weight.q", "scale": "weight.scale", "zero": "weight.zero"},
    lambda parts, shape, quantization: dequantize(parts["q"], parts["scale"], parts["zero"]),
    check=_check_part_shapes,
)
