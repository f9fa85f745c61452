"""How checkpoints store a tensor: plainly, or quantized in one of the ways published for the
family.

A stored tensor consists of parts, each a tensor of a file: `X.weight` may be `X.qweight`,
`X.qzeros` and `X.scales`. They decide the format of each tensor; `quantization_config` says what
they do not.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from docqa.model.checkpoints.weights import TensorSource
from docqa.model.errors import ConfigUnsupported

from . import blocks, fp8, grouped, int4
from .format import BadParts, Parts, TensorFormat
from .quantization import Quantization

__all__ = [
    "BLOCKS",
    "GROUPED",
    "PLAIN",
    "BadParts",
    "TensorFormat",
    "Parts",
    "Quantization",
    "blocks",
    "grouped",
    "tensor_formats",
]

FLOATS = (torch.bfloat16, torch.float16, torch.float32, torch.float64)


def _convert_plain_tensor(
    parts: Parts, shape: tuple[int, ...], quantization: Quantization
) -> Tensor:
    """Raises BadParts for a dtype that means nothing without a scale."""
    value = parts["weight"]
    if value.dtype not in FLOATS:
        raise BadParts(
            f"is stored as {value.dtype} without a scale; the checkpoint is quantized in an unknown way"
        )
    return value


GROUPED = grouped.FORMAT
BLOCKS = blocks.FORMAT
PLAIN = TensorFormat("weight", {"weight": ""}, _convert_plain_tensor, ending="")
# The first whose mark ends a stored name is taken, unless the name is a part of another tensor
# already.
MARKED = (
    GROUPED,
    BLOCKS,
    int4.PACKED,
    int4.AWQ,
    int4.GPTQ,
    fp8.BLOCKS,
    fp8.STACKED_BLOCKS,
    fp8.CHANNELS,
)


def tensor_formats(
    entries: Mapping[str, TensorSource], quantization: Quantization, folder: Path
) -> dict[str, TensorFormat]:
    """The tensors that stored ones are parts of, by plain name, and how each is stored. Raises
    ConfigUnsupported: tensors are quantized, and config.json does not say how."""
    found: dict[str, TensorFormat] = {}
    taken: set[str] = set()
    for kind in MARKED:
        if kind.method not in (None, quantization.method):
            continue
        for stored in entries:
            if stored.endswith(kind.mark) and stored not in taken:
                name = stored.removesuffix(kind.mark) + kind.ending
                found[name] = kind
                taken.update(kind.names(name).values())
    for stored, entry in entries.items():
        if stored in taken:
            continue
        if stored.endswith((".qweight", ".weight_packed")):
            raise ConfigUnsupported(
                f"{entry.path}: {entry.key} is quantized, and quantization_config of {folder / 'config.json'} names "
                f"{quantization.method or 'no method'}; get the model folder again"
            )
        found[stored] = PLAIN
    return found
