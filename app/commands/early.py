"""torch imported while the command line is read and the documents are parsed, which is a second of waiting saved."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from collections.abc import Callable, Sequence

_threads: dict[str, threading.Thread] = {}
# Modules in C that the command line needs. One library is loaded at a time: whoever imports another one while torch's
# is loaded waits for all of it.
_BEFORE_LIBRARY = (
    "_bisect", "_blake2", "_bz2", "_contextvars", "_datetime", "_hashlib", "_heapq", "_json", "_lzma", "_opcode",
    "_posixsubprocess", "_random", "_sha512", "_struct", "_uuid", "_zoneinfo", "array", "binascii", "fcntl", "math",
    "pydantic_core", "select", "zlib",
)  # fmt: skip


def load_library(arguments: Sequence[str]) -> None:
    """Load torch's library on a thread of its own where the command line `arguments` is one for the bundled model."""
    if arguments[:1] == ["ask"] and len(arguments) > 2 and not any(part.startswith("--model") for part in arguments):
        for name in _BEFORE_LIBRARY:
            with contextlib.suppress(ImportError):  # built in, or another name in another Python
                importlib.import_module(name)
        _start("early library", _load_library)


def begin() -> None:
    """Import what the model needs on a thread of its own; whoever imports it meanwhile waits for the rest of it.

    Its weights are summed on another one, which holds up no other.
    """
    if "docqa.model.load" not in sys.modules:
        _start("early sums", _sum_weights)
        _start("early imports", _import)


def leave(code: int) -> None:
    """End the process with `code` where it would else end amid an import, which libraries do not survive."""
    if any(thread.is_alive() for thread in _threads.values()):
        sys.stderr.flush()
        os._exit(code)


def _start(name: str, work: Callable[[], None]) -> None:
    if name not in _threads:
        _threads[name] = threading.Thread(target=work, name=name, daemon=True)
        _threads[name].start()


def _load_library() -> None:
    """What torch will load, while other threads of Python run: a foreign call lets go of the interpreter."""
    import ctypes
    import importlib.util
    from pathlib import Path

    # An error is reported by the import of the code that needs it.
    with contextlib.suppress(ImportError, OSError, AttributeError):
        found = importlib.util.find_spec("torch")
        if found is not None and found.origin is not None and sys.platform == "linux":
            load = ctypes.CDLL(None).dlopen
            load.restype, load.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
            load(bytes(Path(found.origin).parent / "lib" / "libtorch_cpu.so"), sys.getdlopenflags())


def _sum_weights() -> None:
    """Makes the sums that `fingerprint` of the bundled model keeps, for when it is loaded."""
    from docqa.app.models.library import bundled
    from docqa.model.errors import ModelError

    # An error is reported when the model is loaded.
    with contextlib.suppress(ImportError, OSError, ModelError):
        from docqa.model.checkpoints.weights import fingerprint

        fingerprint(bundled())


def _import() -> None:
    from docqa.app.commands.deferred import OF_TORCH, deferred

    with contextlib.suppress(ImportError, OSError), deferred(OF_TORCH):
        import docqa.model.load  # noqa: F401
