"""What this machine has, and the marks of tests that need it."""

import pytest
import torch

from docqa.kernels import gpu
from docqa.kernels.cpu import LEVELS
from docqa.kernels.self_check import library

NATIVE = library()
LEVELS_HERE = range(1, NATIVE.level + 1) if NATIVE else ()
# Roundings of a number by what it is kept in.
ROUNDED = {torch.float32: 0.0, torch.bfloat16: 2.0**-7, torch.float16: 2.0**-11}
needs_library = pytest.mark.skipif(
    NATIVE is None, reason="the native library is not built or not for this processor"
)
needs_device = pytest.mark.skipif(not gpu.is_available(), reason="no accelerator, or no Triton")
at_every_level = pytest.mark.parametrize(
    "native",
    [NATIVE._replace(level=level) for level in LEVELS_HERE],
    ids=[LEVELS[level] for level in LEVELS_HERE],
)
in_every_dtype = pytest.mark.parametrize("dtype", list(ROUNDED))


def seeded(number):
    return torch.Generator().manual_seed(number)
