"""What a reader highlighted and noted in a document, kept in its session of the history. No Textual here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from docqa.app.errors import ResourceError
from docqa.app.history.history import open_history, open_kept
from docqa.app.tui.kept_turns import begun, session_of

if TYPE_CHECKING:
    from docqa.app.history.records import Annotation
    from docqa.app.storage.store import Store
    from docqa.ingest.types import Document


def load(store: Store | None, document: Document) -> list[Annotation]:
    """The annotations of `document` in its order. Raises ResourceError or OSError where the history cannot be used."""
    history = open_kept(store) if store is not None else None
    if history is None:
        return []
    with history:
        session = session_of(history, document)
        return history.annotations(session.id) if session is not None else []


def keep(store: Store | None, document: Document, annotation: Annotation) -> Annotation:
    """Write `annotation` now, over the one with its id where it has one; returns it with its id.

    Nothing is kept without a store, nor of a document that `docqa forget` deleted after it was opened. Raises OSError.
    """
    if store is None or store.forgotten([document.id]):
        return annotation
    try:
        with open_history(store) as history:
            session = begun(history, document)
            number = history.annotate(session, annotation)
            if store.forgotten([document.id]):  # while it was written
                history.delete(session)
            return replace(annotation, id=number)
    except ResourceError as error:
        raise OSError(str(error)) from error


def delete(store: Store | None, annotation: Annotation) -> None:
    """Delete `annotation` from what is kept. Raises OSError."""
    try:
        history = open_kept(store) if store is not None else None
        if history is not None:
            with history:
                history.delete_annotation(annotation.id)
    except ResourceError as error:
        raise OSError(str(error)) from error
