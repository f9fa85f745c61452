"""A file of results, whole or not at all: written under a temporary name beside it, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from docqa.app.errors import UsageError

TEMPORARY_PREFIX = ".docqa-"
"""What a file is called until all of it is on disk."""


def check_output(path: str) -> None:
    """Raises UsageError where nothing can be written at `path`, before hours of work are spent on it."""
    if os.path.isdir(path):
        raise UsageError("is a folder", where=path, hint="name a file for the output")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise UsageError("its folder does not exist", where=path, hint=f"make {folder} first")
    if not os.access(folder, os.W_OK):
        raise UsageError("its folder cannot be written to", where=path, hint="choose another folder")


def write_whole(path: str, data: bytes) -> None:
    """Put `data` at `path`; what stood there before stays until all of it is on disk. Raises OSError."""
    _write(Path(path).resolve(), data, os.replace)  # a link goes on pointing where it points


def write_new(path: str, data: bytes) -> None:
    """Put `data` at `path`, where nothing stands yet. Raises FileExistsError where something does, or OSError."""
    _write(Path(path), data, os.link)  # unlike a rename, this never replaces what somebody else has made meanwhile


def _write(target: Path, data: bytes, put: Callable[[str, Path], None]) -> None:
    handle, temporary = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, _mode(target))
        put(temporary, target)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _mode(target: Path) -> int:
    """The rights that the file has already, or that a new one would get: mkstemp's are for its owner alone."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
