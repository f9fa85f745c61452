"""Whole numbers of 4 or 8 bits in int32 words with a scale for every group of inputs: AWQ, GPTQ,
compressed-tensors. All mean W = (q - zero) * scale; the axis of words, the order within one, and
zeros differ."""

import torch
from torch import Tensor

from .format import BadParts, Parts, TensorFormat, check_part_shape
from .quantization import Quantization

AWQ_PLACES = (0, 4, 1, 5, 2, 6, 3, 7)  # where in a word the value of column 0, 1, .. lies


def unpack_words(words: Tensor, bits: int) -> Tensor:
    """int32 words [..] as the whole numbers in them, lowest bits first: [.., 32 / bits]."""
    places = torch.arange(0, 32, bits, dtype=torch.int32)
    return (words[..., None] >> places) & (2**bits - 1)


def _int32_part(parts: Parts, name: str) -> Tensor:
    words = parts[name]
    if words.dtype != torch.int32 or words.ndim != 2:
        raise BadParts(
            f"has {name} of {words.dtype} {tuple(words.shape)}, int32 [.., ..] is needed"
        )
    return words


def _group_size(
    scales: Tensor, axis: int, inputs: int, shape: tuple[int, ...], group: int | None
) -> int:
    if scales.ndim != 2 or not scales.is_floating_point() or scales.shape[1 - axis] != shape[0]:
        raise BadParts(
            f"has scales of {scales.dtype} {tuple(scales.shape)}, for a matrix of {shape}"
        )
    size = -(-inputs // scales.shape[axis])
    if group not in (None, size, -1) or (group == -1 and scales.shape[axis] != 1):
        raise BadParts(f"has scales for groups of {size}, config.json says {group}")
    return size


def _bits_per_value(have: int, values: int, said: int | None, *, shape: tuple[int, ...]) -> int:
    """Of a value, from the number of words that hold so many values."""
    bits = have * 32 // values if values else 0
    if bits not in (4, 8) or have * 32 != values * bits or said not in (None, bits):
        raise BadParts(
            f"has {have} words for {values} values of a matrix of {shape}; {said or '4 or 8'} bits are expected"
        )
    return bits


def _dequantize_words(parts: Parts, shape: tuple[int, ...], quantization: Quantization) -> Tensor:
    """qweight, qzeros [in / group, out / 8], scales [in / group, out]. Of AWQ qweight is [in, out /
    8], columns shuffled in a word; of GPTQ [in / 8, out], with g_idx [in] where rows moved.
    """
    outputs, inputs = shape
    words = _int32_part(parts, "qweight")
    zeros = _int32_part(parts, "qzeros")
    scales = parts["scales"]
    shuffled = quantization.method == "awq"
    if shuffled:
        bits = 4
        check_part_shape(words, (inputs, outputs // 8), "qweight", shape)
    else:
        bits = _bits_per_value(words.shape[0], inputs, quantization.bits, shape=shape)
        check_part_shape(words, (inputs * bits // 32, outputs), "qweight", shape)
    size = _group_size(scales, 0, inputs, shape, quantization.group)
    check_part_shape(zeros, (scales.shape[0], outputs * bits // 32), "qzeros", shape)
    if shuffled:
        places = list(AWQ_PLACES)
        q, zero = (unpack_words(x, bits)[..., places].flatten(1) for x in (words, zeros))
    else:
        q = unpack_words(words, bits).transpose(1, 2).flatten(0, 1)  # [in, out]
        zero = unpack_words(zeros, bits).flatten(1) + quantization.zero_offset
    group = _group_of_each_input(parts.get("g_idx"), inputs, scales.shape[0], size)
    return ((q - zero[group]).float() * scales.float()[group]).t()


def _dequantize_packed(parts: Parts, shape: tuple[int, ...], quantization: Quantization) -> Tensor:
    """weight_packed [out, in / 8] holds value + 8, weight_scale [out, in / group],
    weight_zero_point likewise.
    """
    outputs, inputs = shape
    words = _int32_part(parts, "weight_packed")
    scales = parts["weight_scale"]
    if "weight_shape" in parts and tuple(parts["weight_shape"].tolist()) != shape:
        raise BadParts(
            f"says its shape is {tuple(parts['weight_shape'].tolist())}, config.json asks for {shape}"
        )
    bits = 4 if words.shape[1] == -(-inputs // 8) else 8
    check_part_shape(words, (outputs, -(-inputs * bits // 32)), "weight_packed", shape)
    size = _group_size(scales, 1, inputs, shape, None)
    half = 2 ** (bits - 1)
    q = unpack_words(words, bits).flatten(1)[:, :inputs] - half
    zero = torch.zeros(outputs, scales.shape[1], dtype=torch.int32)
    if "weight_zero_point" in parts:
        stored = _int32_part(parts, "weight_zero_point")
        check_part_shape(
            stored,
            (-(-outputs * bits // 32), scales.shape[1]),
            "weight_zero_point",
            shape,
        )
        zero = unpack_words(stored, bits).transpose(1, 2).flatten(0, 1)[:outputs] - half
    group = _group_of_each_input(parts.get("weight_g_idx"), inputs, scales.shape[1], size)
    return (q - zero[:, group]).float() * scales.float()[:, group]


def _group_of_each_input(stored: Tensor | None, inputs: int, count: int, size: int) -> Tensor:
    """The group of every input, int64 [in]."""
    if stored is None or (
        stored.numel() and int(stored.min()) < 0
    ):  # -1: the inputs were not moved
        return torch.arange(inputs) // size
    if stored.shape != (inputs,) or int(stored.max()) >= count:
        raise BadParts(f"has g_idx of {tuple(stored.shape)}, for {inputs} inputs in {count} groups")
    return stored.long()


_THREE = {"qweight": "qweight", "qzeros": "qzeros", "scales": "scales"}
AWQ = TensorFormat("qweight", _THREE, _dequantize_words, method="awq")
GPTQ = TensorFormat(
    "qweight", _THREE | {"g_idx": "g_idx"}, _dequantize_words, frozenset({"g_idx"}), method="gptq"
)
_OPTIONAL = ("weight_shape", "weight_zero_point", "weight_g_idx")
_NAMES = {name: name for name in ("weight_packed", "weight_scale", *_OPTIONAL)}
PACKED = TensorFormat(
    "weight_packed", _NAMES, _dequantize_packed, frozenset(_OPTIONAL), method="compressed-tensors"
)
