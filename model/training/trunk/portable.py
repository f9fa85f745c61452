"""What a run has learned, in a file small enough to carry to another machine: matrices in 8 bits, no optimizer.

Weights that a run does not train are not in it: they are those of the folder that the run started from.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from docqa.model.checkpoints.formats.grouped import dequantize, quantize_matrix
from docqa.model.checkpoints.names import PARTS
from docqa.model.checkpoints.quantize import is_quantized
from docqa.model.training.loop import save_tensors

BITS = 8


def write_portable(path: Path, weights: Mapping[str, Tensor], *, step: int, tokens: int) -> None:
    """Write trained weights by name, and how many steps and tokens they have seen."""
    stored: dict[str, Tensor] = {}
    for name, weight in weights.items():
        if is_quantized(name, weight):
            parts = quantize_matrix(weight.detach().cpu(), BITS)
            stored |= {name + suffix: part for suffix, part in zip(PARTS, parts, strict=True)}
        else:
            stored[name] = weight.float()
    save_tensors(path, stored, {"step": str(step), "tokens": str(tokens)})


def read_portable(path: Path) -> tuple[dict[str, Tensor], int, int]:
    """What `write_portable` wrote: weights in float32, steps, tokens."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        stored, about = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118
    weights: dict[str, Tensor] = {}
    for name, part in stored.items():
        stem = name.removesuffix(PARTS[0])
        if stem != name:
            weights[stem] = dequantize(*(stored[stem + suffix] for suffix in PARTS))
        elif not name.endswith(PARTS[1:]):
            weights[name] = part.to(torch.float32)
    return weights, int(about["step"]), int(about["tokens"])
