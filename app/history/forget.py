"""Deletion of all that is kept of a file: its text, what models read of it, and what was asked about it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from docqa.app.errors import ResourceError
from docqa.app.history.history import damaged_files, open_kept

if TYPE_CHECKING:
    from docqa.app.storage.store import Entry, Store


def forget_file(
    store: Store, path: str, documents: Collection[str], on_wait: Callable[[Entry], object], notices: list[str]
) -> tuple[int, int]:
    """Delete all that is kept of `documents` (sha256) and of what was read at or below `path`: (entries, bytes freed).

    `on_wait` is called before waiting for a process that reads; `notices` gets what was damaged in the history. Raises
    ResourceError where an entry cannot be deleted; all else is deleted then.
    """
    problem: ResourceError | None = None
    deleted, freed = 0, 0
    try:
        deleted, freed = store.forget(documents, path, on_wait)
    except ResourceError as error:
        problem = error
    history = open_kept(store)
    if history is not None:
        with history:
            deleted += history.forget(documents, path)
        notices += history.notices
    for damaged in damaged_files(store):  # nobody can say whose questions are in it
        damaged.unlink(missing_ok=True)
        deleted += 1
    if problem is not None:
        raise problem
    return deleted, freed
