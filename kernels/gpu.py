"""What the Triton kernels (`gpu.py` of each operation) ask of the machine: whether they run, and in
which sizes.

Triton is not imported here: it is only installed on Linux on x86-64, and takes a fifth of a second
to import.
"""

import importlib.util
import os
import shutil
import sysconfig
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

OLDEST = 8  # Ampere: before it bfloat16 and TF32 are missing


@dataclass(frozen=True)
class BlockSizes:
    """Block sizes of one architecture: powers of two, at least 16 where they enter a product."""

    chunk: int  # tokens of the delta rule that are solved together
    values: int  # columns of the delta rule's state that one program keeps
    elements: int  # of a tile that is read once: norms, convolution
    rows: int  # of a tile of an expert's product; where tokens are few, `few_rows`
    few_rows: int
    columns: int
    summed: int  # what an expert's product adds up at once
    delta_warps: int
    warps: int  # of everything else
    stages: int  # of an expert's product: tiles that are on their way at once


# Untuned: no accelerator was at hand. They were chosen by what the compiler says of each kernel
# (NOTES.md): few registers spilled, and shared memory that an H100 (227 KiB) or a small Ampere card
# (99 KiB) has. Later cards take the row of Ampere.
_AMPERE = BlockSizes(
    32, 16, 4096, rows=64, few_rows=16, columns=64, summed=32, delta_warps=8, warps=4, stages=2
)
TABLE = {8: _AMPERE, 9: replace(_AMPERE, summed=64, stages=3)}
INTERPRETER = BlockSizes(
    16, 16, 256, rows=16, few_rows=16, columns=16, summed=16, delta_warps=1, warps=1, stages=1
)


def is_interpreted() -> bool:
    """Whether the environment asks for Triton's interpreter, for tests on the CPU."""
    return os.environ.get("TRITON_INTERPRET", "").lower() in ("1", "true", "yes", "on", "y")


def _can_build_kernels() -> bool:
    """Whether Triton can build its module: it needs a C compiler and Python's headers."""
    compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")
    return compiler is not None and (Path(sysconfig.get_paths()["include"]) / "Python.h").is_file()


@lru_cache(maxsize=1)
def is_available() -> bool:
    """Whether Triton can build, and every accelerator is NVIDIA's, Ampere or later. Never in the
    interpreter, which is a thousand times slower than torch."""
    if is_interpreted() or torch.version.cuda is None or not torch.cuda.is_available():
        return False
    if importlib.util.find_spec("triton") is None or not _can_build_kernels():
        return False
    return all(
        torch.cuda.get_device_capability(i)[0] >= OLDEST for i in range(torch.cuda.device_count())
    )


def block_sizes(device: torch.device) -> BlockSizes:
    """The block sizes on `device`; on the CPU, in the interpreter, the smallest."""
    if device.type == "cpu":
        return INTERPRETER
    return TABLE.get(torch.cuda.get_device_capability(device)[0], TABLE[OLDEST])


def on_device(device: torch.device) -> AbstractContextManager[object]:
    """A context in which Triton launches on `device`: it takes the current one, whatever its
    arguments lie on.
    """
    return nullcontext() if device.type == "cpu" else torch.cuda.device(device)


def launch_options(warps: int, stages: int = 1) -> dict[str, Any]:
    """What every launch says; a * b + c is rounded once, since Triton's versions differ."""
    return {"num_warps": warps, "num_stages": stages, "enable_fp_fusion": True}


def power_of_two(number: int, least: int = 1) -> int:
    """The smallest power of two that is neither below `number` nor below `least`."""
    return max(least, 1 << max(0, number - 1).bit_length())
