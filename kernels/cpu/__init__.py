"""Native kernels for x86-64 processors: C++ built with the package, called through a plain C interface.

kernels.h names the operations, level_*.cpp compile them for one instruction set each, api.cpp chooses by what the
processor has. Everything works without this library, more slowly: `library()` is None then, and `describe()` says why.
"""

from docqa.kernels.cpu.library import LEVELS, Library, describe, library

__all__ = ["LEVELS", "Library", "describe", "library"]
