"""The one way to write a file: whole or not at all, under a temporary name that is then renamed."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

TEMPORARY_PREFIX = ".docqa-"
"""Of a file until all of it is on disk."""


def write_atomically(
    path: Path, data: bytes, mode: int = 0o600, put: Callable[[str, Path], None] = os.replace
) -> None:
    """Writes `data` under a temporary name, flushes it to disk, and gives it the name `path` with
    `put`; nothing is left on failure. Raises OSError."""
    handle, temporary = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        put(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
