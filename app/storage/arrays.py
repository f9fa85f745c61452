"""Arrays made of a Document, kept in a safetensors file and mapped."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from docqa.app.errors import StoreDamagedError
from docqa.ingest.types import Document
from docqa.model.checkpoints.mapped import MappedTensors
from docqa.model.errors import ModelError

from .atomic import write_whole
from .store import KINDS, Store, details_of, key_of

Arrays = Mapping[str, np.ndarray]
_FILE = "arrays.safetensors"


def cached_arrays(
    store: Store,
    kind: str,
    document: Document,
    made_by: tuple[object, ...],
    notices: list[str],
    make: Callable[[], Arrays],
) -> Arrays:
    """The arrays (int32 or uint8, read-only) of `kind` that are kept of `document`, else what
    `make` makes, then kept. `made_by`: all that they depend on besides the content. Damaged ones
    are deleted; `notices` get a line about that, and about a disk that refuses."""
    # Each file has its own, which `forget` deletes.
    key = key_of([document.id, document.content_hash, *made_by])
    if store.has(kind, key):
        try:
            folder, _ = store.open(kind, key)
            return mapped(folder / _FILE)[0]
        except (StoreDamagedError, OSError) as error:
            store.drop(kind, key)
            notices.append(
                f"{document.path}: the kept {KINDS[kind]} cannot be used ({error}) and is made again"
            )
    arrays = make()
    try:
        if not store.has(kind, key):  # another process may have made them, and have them open
            store.put(kind, key, details_of([document]), {_FILE: to_bytes(arrays)})
    except OSError as error:
        notices.append(
            f"{document.path}: its {KINDS[kind]} cannot be kept ({error.strerror or error}, {store.root})"
        )
    return arrays


def to_bytes(arrays: Arrays, about: dict[str, str] | None = None) -> bytes:
    from safetensors.numpy import save

    return bytes(
        save(
            {name: np.ascontiguousarray(values) for name, values in arrays.items()}, metadata=about
        )
    )


def mapped(path: Path) -> tuple[dict[str, np.ndarray], Mapping[str, str]]:
    """The arrays of a safetensors file, read-only and mapped, and its metadata. Raises
    StoreDamagedError.
    """
    try:
        file = MappedTensors(path)
        return {name: file.array(name) for name in file.tensor_locations()}, file.metadata
    except ModelError as error:
        raise StoreDamagedError("is no file of arrays", where=str(path)) from error


def save_summed(path: Path, arrays: Arrays, **about: str) -> None:
    """Write `arrays` with their checksum and metadata, whole or not at all. Raises OSError."""
    write_whole(path, to_bytes(arrays, {**about, "sha256": _digest(arrays)}), private=True)


def load_summed(path: Path) -> tuple[dict[str, np.ndarray], Mapping[str, str]]:
    """What `save_summed` wrote. Raises StoreDamagedError where it is something else now."""
    arrays, about = mapped(path)
    if about.get("sha256") != _digest(arrays):
        raise StoreDamagedError("does not match its checksum", where=str(path))
    return arrays, about


def _digest(arrays: Arrays) -> str:
    total = hashlib.sha256()
    for name in sorted(arrays):
        total.update(np.ascontiguousarray(arrays[name]).data)
    return total.hexdigest()
