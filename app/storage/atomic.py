"""Files of users and of the cache, written whole or not at all."""

import os
from pathlib import Path

from docqa.app.errors import UsageError
from docqa.model.state.atomic import write_atomically


def check_output(path: str) -> None:
    """Raises UsageError where nothing can be written at `path`, before hours of work."""
    if os.path.isdir(path):
        raise UsageError("is a folder", where=path, hint="name a file for the output")
    if _is_device(Path(path)):
        return
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise UsageError("its folder does not exist", where=path, hint=f"make {folder} first")
    if not os.access(folder, os.W_OK):
        raise UsageError(
            "its folder cannot be written to", where=path, hint="choose another folder"
        )


def write_whole(path: str | Path, data: bytes, *, private: bool = False) -> None:
    """Put `data` at `path`; the file that was there stays until the new one is whole on disk.
    Raises OSError. The file keeps its rights, a new one gets the usual ones; a `private` one is its
    owner's alone (0600)."""
    target = Path(path).resolve()  # a link still leads to the same file
    if _is_device(target):
        target.write_bytes(data)
        return
    write_atomically(target, data, 0o600 if private else _rights_of_file(target))


def write_new(path: str, data: bytes) -> None:
    """Put `data` at `path`. Raises FileExistsError, or OSError."""
    target = Path(path)
    # A link, unlike a rename, replaces no other program's new file.
    write_atomically(target, data, _rights_of_file(target), os.link)


def _is_device(path: Path) -> bool:
    """A pipe or a device, which nothing can be renamed over."""
    return path.exists() and not path.is_file()


def _rights_of_file(target: Path) -> int:
    """The rights that the file has, or a new one would get: mkstemp's are for its owner alone."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
