"""What this processor can do at most at the library's level of instructions, measured."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from docqa.kernels.cpu.library import LEVELS, CeilingCall, Library
from docqa.kernels.threads import thread_count

ROUNDS = 2_000_000  # some 10 ms
FLOATS = 1 << 25  # 128 MiB: more than caches hold
FLOAT_PRODUCTS, BYTE_PRODUCTS, READ, COPY = range(4)  # as in kernels.h


@dataclass(frozen=True)
class Ceilings:
    """Of all threads together: operations a second (a product and its sum are two) and bytes a second."""

    float_operations: float
    byte_operations: float
    read: float
    copied: float  # bytes read and bytes written

    def seconds(self, *, floats: float = 0.0, bytes_: float = 0.0, read: float = 0.0, copied: float = 0.0) -> float:
        """The least time for so many operations and bytes, were computing and moving done side by side."""
        computing = floats / self.float_operations + bytes_ / self.byte_operations
        return max(computing, read / self.read + copied / self.copied)


def measure(library: Library, clock: Callable[[], float] = time.perf_counter, repeats: int = 5) -> Ceilings:
    """The ceilings on `library.threads` threads, best of `repeats` by `clock`."""
    threads = library.threads or thread_count()
    name = LEVELS[library.level]
    wide, dots = "AVX-512" in name, "VNNI" in name  # vectors of 512 bits, for floats and for bytes
    source, to = torch.ones(FLOATS), torch.zeros(FLOATS)

    def best(kind: int, count: int) -> float:
        return min(_seconds(library, clock, kind, count, source, to) for _ in range(repeats))

    operations = 2 * threads * ROUNDS
    return Ceilings(
        float_operations=operations * (12 * 16 if wide else 8 * 8) / best(FLOAT_PRODUCTS, ROUNDS),
        byte_operations=operations * (12 * 64 if dots else 8 * 32) / best(BYTE_PRODUCTS, ROUNDS),
        read=4 * FLOATS / best(READ, FLOATS),
        copied=8 * FLOATS / best(COPY, FLOATS),
    )


def _seconds(library: Library, clock: Callable[[], float], kind: int, count: int, source: Tensor, to: Tensor) -> float:
    call = CeilingCall(kind, count, source.data_ptr(), to.data_ptr())
    started = clock()
    library.run("ceiling", ctypes.byref(call))
    return clock() - started
