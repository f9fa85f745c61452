"""From paths to Documents: found, parsed in a worker process, and kept by content. A named path
that cannot be read is an error; in a folder or archive a warning while others are left."""

import contextlib
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path, PurePath

from docqa.app.answer.text import abridged_name_list
from docqa.app.errors import InputError, StoreDamagedError
from docqa.app.options import Options
from docqa.ingest.archive import load_file, load_stream
from docqa.ingest.errors import IngestError, NoDocuments, TooLarge, Unreadable, name_file_in_errors
from docqa.ingest.formats import format_of_type
from docqa.ingest.pdf.ocr import is_ocr_available
from docqa.ingest.process.limits import usable_cores
from docqa.ingest.read import INGEST_VERSION, documents_in_email, find_documents
from docqa.ingest.request import ReadRequest
from docqa.ingest.serialize import FORMAT_OF_LINES, from_bytes, to_bytes
from docqa.ingest.types import Document
from docqa.ingest.worker import DocumentReading

from .store import Details, Store, details_of, file_digest, key_of, sha256_of, withhold

STDIN = "-"
_FILE = "document.jsonl"
_ENCRYPTED = b"/Encrypt"  # is in every PDF that is
_MOST_AHEAD = 4  # documents that are parsed at once
_MEMORY_PER_BYTE = 128  # that parsing takes


@dataclass
class Sources:
    """Documents in the order of the paths; `warnings` say what was left out, `notices` what the
    cache did.
    """

    documents: list[Document] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def reading_of(
    options: Options,
    on_page: Callable[[int, int], None] | None = None,
    on_first: Callable[[Document], None] | None = None,
) -> ReadRequest:
    """How `options` have documents read; `on_page` and `on_first` are those of ReadRequest."""
    return ReadRequest(
        password=options.password,
        media_type=options.media_type,
        include_hidden=options.include_hidden,
        within=options.within,
        on_page=on_page,
        on_first=on_first,
    )


def read_sources(paths: list[str], request: ReadRequest, store: Store | None) -> Sources:
    """Every document of `paths`. Raises as ingest, NoDocuments when a folder or archive leaves
    nothing.
    """
    sources = Sources()
    sources.documents += each_document(paths, request, store, sources)
    return sources


def each_document(
    paths: list[str], request: ReadRequest, store: Store | None, sources: Sources
) -> Iterator[Document]:
    """The documents of `paths` one by one, the next few in memory; `found` gets warnings. Raises as
    `read_sources`.
    """
    contents = (
        (number, name, content)
        for number, path in enumerate(paths)
        for name, content in _contents_of_path(path, sources.warnings, request)
    )
    with closing(_begin_documents(contents, request, store, sources.notices)) as several:
        for number, group in groupby(several, key=lambda each: each[0]):
            single = paths[number] == STDIN or os.path.isfile(paths[number])
            failures: list[IngestError] = []
            any_read = False
            for _, begun in group:
                try:
                    document = begun.document()
                except IngestError as error:
                    if single and isinstance(begun.content, Path):
                        raise
                    failures.append(error)
                else:
                    any_read = True
                    yield document
            if failures and not any_read:
                if len(failures) == 1:
                    raise failures[0]
                raise NoDocuments(
                    f"none of its {len(failures)} documents can be read; the first: {failures[0].message}",
                    where=paths[number],
                    hint="Look at that file by itself",
                )
            sources.warnings += [f"skipped: {error}" for error in failures]


def read_one(
    path: str, request: ReadRequest, store: Store | None
) -> tuple[Document, bytes, Sources]:
    """The only document at `path`, its bytes, and notes. Raises as ingest, InputError where it is
    not alone.
    """
    sources = Sources()
    contents = list(islice(_contents_of_path(path, sources.warnings, request), 2))
    message = len(contents) > 1 and isinstance(contents[0][1], Path) and Path(path).is_file()
    if len(contents) != 1 and not message:  # an e-mail is named, whatever is attached
        raise InputError(
            "there is more than one document here", where=path, hint="name one of them"
        )
    name, content = contents[0]
    data = content if isinstance(content, bytes) else load_file(content)
    sources.documents.append(load_stored(name, data, request, store, sources.notices))
    return sources.documents[0], data, sources


def _contents_of_path(
    path: str, warnings: list[str], request: ReadRequest
) -> Iterator[tuple[str, bytes | Path]]:
    skipped: list[str] = []
    if path == STDIN:
        with name_file_in_errors(STDIN):
            data = load_stream(sys.stdin.buffer)
        yield STDIN, data
        format = format_of_type(request.media_type or "")
        if format and format.name == "eml":
            yield from documents_in_email(STDIN, data, skipped)
    else:
        yield from find_documents(path, skipped)
    if skipped:
        warnings.append(f"{path}: no documents, passed over: {abridged_name_list(skipped, 5)}")


def _begin_documents(
    contents: Iterable[tuple[int, str, bytes | Path]],
    request: ReadRequest,
    store: Store | None,
    notices: list[str],
) -> Generator[tuple[int, "_BegunDocument"], None, None]:
    """(number of its path, the document), in order; the next are parsed meanwhile."""
    most = min(usable_cores(), _MOST_AHEAD)
    waiting = deque[tuple[int, _BegunDocument]]()
    try:
        for number, name, content in contents:
            if time.monotonic() > request.until:
                raise TooLarge(
                    "there is no time left to read it",
                    where=name,
                    hint="Read fewer documents at a time",
                )
            begun = _BegunDocument(name, content, request, store, notices)
            waiting.append((number, begun))
            if begun.reading and request.on_begun:
                request.on_begun()
            held = sum(len(each.data) for _, each in waiting)
            if len(waiting) >= most or held > request.memory // _MEMORY_PER_BYTE:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()
    finally:
        for _, each in waiting:
            each.close()


@dataclass
class _BegunDocument:
    """A document that is stored, or that a worker parses from now on; `document` raises what goes
    wrong. Mutable."""

    name: str
    content: bytes | Path
    request: ReadRequest
    store: Store | None
    notices: list[str]
    data: bytes = b""
    reading: DocumentReading | None = None
    stored: Document | None = None
    error: IngestError | None = None

    def __post_init__(self) -> None:
        try:
            self.data = load_file(self.content) if isinstance(self.content, Path) else self.content
            if self.store:
                self._withhold_if_protected(self.store)
                self.stored = stored_document(
                    self.store, self.name, self.data, self.request, self.notices
                )
            if not self.stored:
                self.reading = DocumentReading(self.request.of(self.name, self.data))
        except IngestError as error:
            self.error = error

    def _withhold_if_protected(self, store: Store) -> None:
        """Store nothing of a document that is opened with a password, unless that is wanted."""
        if not self.request.password or store.stores_protected or _ENCRYPTED not in self.data:
            return
        withhold(sha256_of(self.data))
        self.notices.append(
            f"{self.name}: opened with a password, so nothing of its text is stored; --store stores it"
        )

    def close(self) -> None:
        if self.reading:
            self.reading.close()

    def document(self, keep_from_s: float = 0.0) -> Document:
        """Stored where parsing took so long. Raises the errors of docqa.ingest.errors."""
        if self.error:
            raise self.error
        if self.stored:
            return self.stored
        assert self.reading
        started = time.monotonic()
        document = self.reading.document()
        if self.store and time.monotonic() - started >= keep_from_s:
            try:
                keep_document(self.store, self.name, self.data, self.request, document)
            except OSError as error:
                why = error.strerror or error
                self.notices.append(
                    f"{self.name}: what was parsed cannot be kept ({why}, {self.store.root})"
                )
        return document


def load_stored(
    name: str,
    data: bytes,
    request: ReadRequest,
    store: Store | None,
    notices: list[str],
    *,
    keep_from_s: float = 0.0,
) -> Document:
    """The Document of `data`, a file called `name`, as kept, else parsed and, where that took so
    long, kept; `notices` say what the cache did. Raises as ingest."""
    return _BegunDocument(name, data, request, store, notices).document(keep_from_s)


def content_digests(path: str) -> set[str]:
    """sha256 of the file at `path` and, of an archive or folder, of every document in it that can
    be read.
    """
    digests: set[str] = set()
    if os.path.isfile(path):
        with contextlib.suppress(OSError):
            digests.add(file_digest(Path(path)))
    elif not os.path.isdir(path):  # a pipe is kept by its content, which is gone
        return digests
    with contextlib.suppress(IngestError, OSError):
        for _, content in find_documents(path):
            with contextlib.suppress(OSError):
                digests.add(
                    file_digest(content) if isinstance(content, Path) else sha256_of(content)
                )
    return digests


# Several keys may lead to a file's text. The first does not know what the file is called, which
# matters for a document without a title; nor does a password matter where none is asked for.


def document_keys(name: str, digest: str, request: ReadRequest) -> list[str]:
    """What the text of bytes with this sha256 may be kept under, most general first; installing OCR
    changes it.
    """
    return [
        _document_key(shown, digest, request, password)
        for shown in (_any_name(name), os.path.basename(name))
        for password in dict.fromkeys(("", request.password or ""))
    ]


def _any_name(name: str) -> str:
    """Stands for every file name with this suffix, and is none itself."""
    return f"*/{PurePath(name).suffix.lower()}"


def _document_key(name: str, digest: str, request: ReadRequest, password: str) -> str:
    return key_of(
        [
            digest,
            name,
            str(FORMAT_OF_LINES),
            str(INGEST_VERSION),
            request.media_type or "",
            str(request.include_hidden),
            str(is_ocr_available()),
            sha256_of(password.encode()),
        ]
    )


def stored_document(
    store: Store, name: str, data: bytes, request: ReadRequest, notices: list[str]
) -> Document | None:
    """The kept Document of `data`, or None; `notices` say where a damaged one was deleted."""
    digest = sha256_of(data)
    store.meet([digest])
    for key in document_keys(name, digest, request):
        if store.has("documents", key):
            try:
                file = store.open("documents", key)[0] / _FILE
                with name_file_in_errors(name):
                    request.refuse_large(file.stat().st_size)
                return from_bytes(file.read_bytes(), name)
            except (StoreDamagedError, Unreadable, OSError) as error:
                store.drop("documents", key)
                notices.append(
                    f"{name}: the kept text cannot be used ({error}) and is parsed again"
                )
    return None


def keep_document(
    store: Store, name: str, data: bytes, request: ReadRequest, document: Document
) -> None:
    """Keep `document`, made of `data`, unless it lost pages to a limit (on a busy machine). Raises
    OSError.
    """
    if document.coverage.lost_pages:
        return
    titled = _letters_only(document.title) != _letters_only(PurePath(name).stem) and name != STDIN
    shown = _any_name(name) if titled else os.path.basename(name)
    password = request.password or "" if _ENCRYPTED in data else ""
    key = _document_key(shown, document.id, request, password)
    details: Details = {
        **details_of([document]),
        "health": document.coverage.health,
        "title": document.shown_title,
    }
    store.put("documents", key, details, {_FILE: to_bytes(document)})


def _letters_only(text: str) -> str:
    """What is left of a file's name, however a reader makes a title of it."""
    return "".join(character for character in text.casefold() if character.isalnum())
