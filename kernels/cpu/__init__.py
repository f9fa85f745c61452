"""Native kernels for x86-64 and ARM processors: C++ built with the package, called through a plain
C interface.

kernels.h names the operations, level_*.cpp compile them for one instruction set each, api.cpp
chooses by what the processor has. Without this library (`self_check.library()` is None) everything
works, more slowly.
"""

from .library import LEVELS, Library

__all__ = ["LEVELS", "Library"]
