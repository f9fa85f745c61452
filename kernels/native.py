"""Whether the native library computes here, and what its results depend on. Imports no torch."""

import os
import sys

from .cpu import LEVELS, Library
from .self_check import array_library, library

SWITCH = "DOCQA_KERNELS"
NUMERICS = 6
"""Raised when a native kernel changes the bits of its results: states are kept by it."""


def is_native_in_use() -> bool:
    """Whether the native library is there and the switch lets it run."""
    return library_in_use() is not None


def library_to_use() -> Library | None:
    """The native library for operations on arrays; None where numpy computes: it is not there, or
    switched off.
    """
    return array_library() if is_native_in_use() else None


def kernel_identity() -> str:
    """What the bits of a state on the CPU depend on, as far as kernels go."""
    found = library_in_use()
    if found is None:
        return os.environ.get(SWITCH) or "torch"
    level = LEVELS[found.level].removesuffix(" AMX")  # whose bits are those of the level below
    return f"native {level}, numerics {NUMERICS}"


def is_packed_faster(*, than_bfloat16: bool = False) -> bool:
    """Whether packed matrices are worth it here: with the native library and, `than_bfloat16` where
    the processor multiplies that, VNNI."""
    found = library_in_use()
    return found is not None and (not than_bfloat16 or found.level >= LEVELS.index("AVX-512 VNNI"))


def library_in_use() -> Library | None:
    """The library at its checked level (without torch, by the operations that do without it), if
    the switch lets it run."""
    if os.environ.get(SWITCH):
        return None
    return library() if "torch" in sys.modules else array_library()
