"""A document of a batch as Document and Session, such that nothing of it depends on where its file lies.

A document that has no title of its own is otherwise called by its file name, and the model reads the title: two equal
files under two names would be two documents. Here it is called UNTITLED, and takes the name where it is printed.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docqa.app.answerers.remote.model import RemoteModel
    from docqa.app.options import Options
    from docqa.app.session.session import Session
    from docqa.app.storage.store import Store
    from docqa.ingest.types import Document
    from docqa.model.protocol import Model

UNTITLED = "Untitled"
NAMELESS = "-"
"""The path of every document while it is worked on; outputs put its own in place."""
KEEP_TEXT_FROM_S = 2.0
"""Text that took longer to make (scans, big files) is kept; of a folder of small files nothing is worth a look-up."""
KEEP_STATE_FROM_CHARACTERS = 131_072
"""A longer text is read with a state that is kept, so that an interrupted read goes on: some 30,000 tokens."""


def read_document(content: bytes, name: str, options: Options, store: Store | None) -> Document:
    """The Document of `content`, read as a file called `name`. Raises the errors of docqa.ingest.errors."""
    from docqa.app.storage.sources import keep_document, kept_document
    from docqa.ingest.request import ReadRequest
    from docqa.ingest.worker import read_in_worker

    started = time.monotonic()
    reading = ReadRequest(
        password=options.password, media_type=options.media_type, include_hidden=options.include_hidden
    )
    document = kept_document(store, name, content, reading, []) if store is not None else None
    if document is None:
        document = read_in_worker(reading.of(name, content))
        if store is not None and time.monotonic() - started > KEEP_TEXT_FROM_S:
            with contextlib.suppress(OSError):  # a disk that refuses costs only the time to read it again
                keep_document(store, name, content, reading, document)
    return replace(document, path=NAMELESS)


def open_document(
    document: Document, options: Options, store: Store | None, model: Model | RemoteModel | None
) -> Session:
    """A Session of `document` alone, which keeps its state only where reading it again would take long."""
    from docqa.app.session.session import Session

    long = sum(len(page.text) for page in document.pages) >= KEEP_STATE_FROM_CHARACTERS
    return Session([document], options, store=store if long else None, model=model)


def session_of_content(name: str, content: bytes, options: Options, model: Model | RemoteModel | None) -> Session:
    """A Session of the document in `content`, called `name`: a member of an archive, which has no path to open.

    Raises the errors of docqa.ingest.errors.
    """
    from docqa.app.session.engine import open_store
    from docqa.app.session.session import Session

    store = open_store(options) if options.store else None
    document = read_document(content, PurePosixPath(name).name, options, store)
    return Session([replace(document, path=name)], options, store=store, model=model)
