"""From paths to Documents: found, parsed in a worker process, and kept by content.

A path named by the user that cannot be read is an error; inside a folder or an archive it is a warning, unless
nothing else is left.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from docqa.app.errors import InputError, StoreDamaged
from docqa.app.storage.store import Store
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

STDIN = "-"


@dataclass
class Sources:
    """Documents in the order of the paths; `warnings` say what was left out, `notices` only what the cache did."""

    documents: list[Document] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read_sources(paths: list[str], request: ReadRequest, store: Store | None) -> Sources:
    """Every document of `paths`.

    Raises the errors of docqa.ingest.errors, NoDocuments when a folder or archive leaves nothing.
    """
    from docqa.ingest.errors import IngestError, NoDocuments

    found = Sources()
    for path in paths:
        single = path == STDIN or Path(path).is_file()
        failures: list[IngestError] = []
        count = len(found.documents)
        for name, content in _contents(path, found.warnings):
            try:
                found.documents.append(_read(name, content, request, store, found.notices))
            except IngestError as error:
                if single and not isinstance(content, bytes):
                    raise
                failures.append(error)
        if len(found.documents) == count and failures:
            if len(failures) == 1:
                raise failures[0]
            raise NoDocuments(
                f"none of its {len(failures)} documents can be read; the first: {failures[0].message}",
                where=path,
                hint="Look at that file by itself",
            )
        found.warnings += [f"skipped: {error}" for error in failures]
    return found


def read_one(path: str, request: ReadRequest, store: Store | None) -> tuple[Document, bytes, Sources]:
    """The only document at `path`, its bytes, and what there is to say about reading it.

    Raises the errors of docqa.ingest.errors, InputError when there is more than one.
    """
    found = Sources()
    contents = list(islice(_contents(path, found.warnings), 2))
    if len(contents) != 1:
        raise InputError("holds more than one document", where=path, hint="name one of them")
    name, content = contents[0]
    data = content if isinstance(content, bytes) else _bytes(name, content)
    found.documents.append(_read(name, content if data is None else data, request, store, found.notices))
    return found.documents[0], data or b"", found


def _contents(path: str, warnings: list[str]) -> Iterator[tuple[str, bytes | Path]]:
    from docqa.ingest.read import find_documents

    if path == STDIN:
        yield STDIN, sys.stdin.buffer.read()
        return
    skipped: list[str] = []
    yield from find_documents(path, skipped)
    if skipped:
        shown = ", ".join(skipped[:5]) + (f" and {len(skipped) - 5} more" if len(skipped) > 5 else "")
        warnings.append(f"{path}: no documents, passed over: {shown}")


def _read(name: str, content: bytes | Path, request: ReadRequest, store: Store | None, notices: list[str]) -> Document:
    from docqa.ingest.worker import read_in_worker

    data = content if isinstance(content, bytes) else _bytes(name, content)
    if store is None or data is None:
        return read_in_worker(request.of(name, data))
    key = document_key(name, hashlib.sha256(data).hexdigest(), request)
    kept = _kept(store, key, name, notices)
    if kept is not None:
        return kept
    document = read_in_worker(request.of(name, data))
    try:
        _keep(store, key, document)
    except OSError as error:
        notices.append(f"{name}: what was parsed cannot be kept ({error.strerror or error}, {store.root})")
    return document


def _bytes(name: str, path: Path) -> bytes | None:
    """The file's bytes; None where reading them must fail with the ingest's own words."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def document_key(name: str, digest: str, request: ReadRequest) -> str:
    """Under which the text of bytes with this sha256 is kept.

    The name counts because a document without a title is called by it, and its suffix helps to tell its type.

    So does whether scans can be read: who installs what that takes wants the pages that were not.
    """
    from docqa.ingest.pdf.ocr import available
    from docqa.ingest.read import INGEST_VERSION

    fields = [
        digest,
        os.path.basename(name),
        str(INGEST_VERSION),
        request.media_type or "",
        str(request.include_hidden),
        str(available()),
        hashlib.sha256((request.password or "").encode()).hexdigest(),
    ]
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()


def kept_document(store: Store, name: str, data: bytes, request: ReadRequest) -> Document | None:
    """The kept Document of `data`; None where there is none that can be used."""
    return _kept(store, document_key(name, hashlib.sha256(data).hexdigest(), request), name, [])


def keep_document(store: Store, name: str, data: bytes, request: ReadRequest, document: Document) -> None:
    """Keep `document` for `kept_document`; a disk that refuses costs only the time to read it again."""
    with contextlib.suppress(OSError):
        _keep(store, document_key(name, hashlib.sha256(data).hexdigest(), request), document)


def _kept(store: Store, key: str, name: str, notices: list[str]) -> Document | None:
    from docqa.ingest.errors import Unreadable
    from docqa.ingest.serialize import from_json

    if not store.has("documents", key):
        return None
    try:
        folder, _ = store.open("documents", key)
        document = from_json((folder / "document.json").read_text(encoding="utf-8"))
    except (StoreDamaged, Unreadable, OSError, UnicodeDecodeError) as error:
        aside = store.set_aside("documents", key)
        notices.append(f"{name}: the kept text cannot be used ({error}); set aside as {aside}, parsed again")
        return None
    return replace(document, path=name)


def _keep(store: Store, key: str, document: Document) -> None:
    from docqa.ingest.serialize import to_json

    details = {"documents": [document.id], "files": [document.path], "paths": [os.path.abspath(document.path)]}
    text = to_json(document)

    def write(folder: Path) -> None:
        (folder / "document.json").write_text(text, encoding="utf-8")

    store.put("documents", key, details, write)
