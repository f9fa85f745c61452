"""Deletion of all that is kept of a file: its text, states, questions, problems."""

from collections.abc import Callable, Collection

from docqa.app.storage.remembered import remember, remembered
from docqa.app.storage.store import Store, StoreEntry, inside

from .history import damaged_files, open_if_stored


def forget_file(
    store: Store,
    path: str,
    documents: Collection[str],
    on_wait: Callable[[StoreEntry], object],
    notices: list[str],
) -> tuple[int, int]:
    """Delete all that is kept of `documents` (sha256) and of what was read at or below `path`:
    (entries, bytes freed). `on_wait` is called before a wait for a reading process; `notices` get
    what was damaged in the history. Raises ResourceError where one cannot be deleted, after the
    others."""
    asked = 0
    try:
        deleted, freed = store.forget(documents, path, on_wait)
    finally:
        history = open_if_stored(store)
        if history:
            with history:
                asked = history.forget(documents, path)
            notices += history.notices
        known = remembered(store).get("problems")
        below = inside(path)
        if isinstance(known, dict) and any(map(below, known)):
            remember(
                store, "problems", {each: about for each, about in known.items() if not below(each)}
            )
        for damaged in damaged_files(store):  # nobody can say whose questions are in it
            damaged.unlink(missing_ok=True)
            asked += 1
    return deleted + asked, freed
