"""What a batch is about: the documents of its paths by their contents, and what cannot be one."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from docqa.app import report
from docqa.app.answer.text import compact_json
from docqa.app.storage.store import file_digest, key_of, sha256_of
from docqa.ingest.archive import ZIP, Package, file_status, is_pipe
from docqa.ingest.errors import ERRORS, IngestError, MissingError, NoDocuments, Unreadable
from docqa.ingest.limits import MAX_FILE_BYTES

SCHEMA = 1


@dataclass(frozen=True)
class Failure:
    """Why a document has no record: `kind` names the error, `hint` says what to do. Without paths
    of this machine.
    """

    kind: str
    reason: str
    hint: str = ""

    @property
    def is_fault_of_document(self) -> bool:
        """Whether the document is to blame, not memory or docqa."""
        return self.kind in {"ContextTooLong", *(name.removesuffix("Error") for name in ERRORS)}

    def message(self, path: str) -> str:
        return f"{path}: {self.reason}" + (f". {self.hint}" if self.hint else "")

    def json_line(self, path: str, document: str | None) -> str:
        return compact_json({"schema": SCHEMA, "path": path, "document": document, **vars(self)})


@dataclass(frozen=True)
class BatchItem:
    """One document: `source` is the file here, `member` an entry of it (of a zip, an e-mail),
    `path` relative, with `/`, `shown_path` as given. `digest`: sha256 of its bytes, None where
    `failure` says why."""

    path: str
    source: str
    shown_path: str
    member: str | None = None
    digest: str | None = None
    bytes: int = 0
    failure: Failure | None = None

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def suffix(self) -> str:
        """`.pdf`: it helps to tell what the bytes are."""
        return PurePosixPath(self.path).suffix.lower()

    @property
    def stem(self) -> str:
        """What a document without a title is called."""
        return PurePosixPath(self.path).stem


@dataclass(frozen=True)
class Task:
    """What is done once: the documents `paths` of equal bytes and suffix. `key`: of these and the
    job.
    """

    key: str
    item: BatchItem
    paths: tuple[str, ...]


@dataclass
class Listing:
    """Items in the order they were named; `passed_over`: no documents. Mutable."""

    items: list[BatchItem] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)

    def tasks(self, job: str, *, by_name: bool = False) -> list[Task]:
        """Tasks in the order of their first items; `job` hashes all that a record depends on but
        the bytes. Duplicates have equal bytes and suffixes, `by_name` also equal names."""
        duplicates: dict[tuple[str, str], list[BatchItem]] = {}
        for item in self.items:
            if item.digest is not None:
                duplicates.setdefault(
                    (item.digest, item.name if by_name else item.suffix), []
                ).append(item)
        return [
            Task(key_of([job, *content]), items[0], tuple(item.path for item in items))
            for content, items in duplicates.items()
        ]


def list_items(paths: list[str], exclude: frozenset[str] = frozenset()) -> Listing:
    """The documents of `paths`, relative to the one folder or to what contains all, without
    `exclude` (absolute paths: what earlier runs wrote). A path without one is an item with its
    failure; raises the first such error where there is no document."""
    whole = [os.path.abspath(path) for path in paths]
    alone = len(whole) == 1 and os.path.isdir(whole[0])
    base = whole[0] if alone else os.path.commonpath([os.path.dirname(path) for path in whole])
    items: dict[tuple[str, str | None], BatchItem] = {}
    listing = Listing()
    errors = []
    for path in paths:
        try:
            for item in _documents_below(path, base, exclude, listing.passed_over):
                items.setdefault((item.source, item.member), item)
        except IngestError as error:
            errors.append(error)
            source = os.path.abspath(path)
            failed = BatchItem(
                _relative_path(source, base), source, path, failure=failure_of(error)
            )
            items.setdefault((source, None), failed)
    if all(item.failure for item in items.values()):
        nothing = NoDocuments(
            "only what earlier runs wrote", where=paths[0], hint="Name the documents"
        )
        raise errors[0] if errors else nothing
    listing.items = list(items.values())
    return listing


def failure_of(error: Exception) -> Failure:
    """The Failure for `error`, without its path, which differs between machines."""
    kind = type(error).__name__
    if isinstance(error, IngestError):
        return Failure(
            kind.removesuffix("Error"), error.message, error.hint
        )  # as failures.jsonl always had it
    if isinstance(error, OSError):
        return Failure(kind, error.strerror or kind, "Check the file and its permissions")
    if report.is_out_of_memory(error):
        return Failure(
            "OutOfMemory",
            "there is not enough memory for this document",
            "Use fewer --jobs, or split it",
        )
    return Failure(kind, str(error) or kind)


def read_content(item: BatchItem) -> bytes:
    """The bytes of `item`. Raises docqa.ingest.errors; Unreadable where they have changed."""
    try:
        if item.member is None:
            data: bytes | None = Path(item.source).read_bytes()
        else:
            data = _member_bytes(item.source, item.member)
    except FileNotFoundError as error:
        raise MissingError(
            "it was there when the batch was planned, and is gone",
            where=item.path,
            hint="Run it again",
        ) from error
    except OSError as error:
        raise Unreadable(
            f"the file cannot be opened ({error.strerror})",
            where=item.path,
            hint="Check its permissions",
        ) from error
    if data is None or sha256_of(data) != item.digest:
        raise Unreadable(
            "it changed while the batch ran",
            where=item.path,
            hint="The same command reads what it is now",
        )
    return data


def _member_bytes(source: str, member: str) -> bytes | None:
    from docqa.ingest.read import find_documents

    state = os.stat(source)
    with open(source, "rb") as stream:
        packed = stream.read(len(ZIP)) == ZIP
    if packed:
        data = _open_archive(source, (state.st_ino, state.st_size, state.st_mtime_ns)).read(member)
        if data is not None:
            return data
    contents = (content for name, content in find_documents(source) if name == f"{source}/{member}")
    content = next(contents, None)
    return content if isinstance(content, bytes) else None


@lru_cache(maxsize=2)
def _open_archive(source: str, state: tuple[int, int, int]) -> Package:
    """Kept open for the next member; `state` differs when the file has changed."""
    return Package(Path(source), source)


def _relative_path(source: str, base: str) -> str:
    """With `/`; bytes that are not UTF-8 are written out, so that JSON can have them."""
    relative = PurePosixPath(os.path.relpath(source, base).replace(os.sep, "/"))
    return os.fsencode(str(relative)).decode("utf-8", "backslashreplace")


def _documents_below(
    path: str, base: str, exclude: frozenset[str], passed_over: list[str]
) -> Iterator[BatchItem]:
    from docqa.ingest.read import find_documents

    if is_pipe(file_status(path)):
        raise Unreadable(
            "a pipe can be read only once, and a batch reads each document when it comes to it",
            where=path,
            hint="Save it as a file, or give it as - on standard input",
        )
    for name, content in find_documents(path, passed_over):
        if isinstance(content, bytes):
            file = containing_file(name) or path
            source = os.path.abspath(file)
            member = name[len(file) + 1 :]
            shown = f"{_relative_path(source, base)}/{member}"
            yield BatchItem(shown, source, name, member, sha256_of(content), len(content))
        elif (source := os.path.abspath(name)) not in exclude:
            yield item_with_digest(_relative_path(source, base), source, name)


def containing_file(path: str) -> str | None:
    """The file that a path inside an archive or an e-mail (`papers.zip/one.pdf`) begins with; None
    for a plain path.
    """
    if os.path.exists(path):
        return None
    while (parent := os.path.dirname(path)) != path:
        if os.path.isfile(parent):
            return parent
        path = parent
    return None


def item_with_digest(path: str, source: str, shown_path: str) -> BatchItem:
    item = BatchItem(path, source, shown_path)
    try:
        size = os.path.getsize(item.source)
        if size > MAX_FILE_BYTES:
            reason = f"{size:,} bytes, the limit is {MAX_FILE_BYTES:,}"
            return replace(item, bytes=size, failure=Failure("TooLarge", reason, "Split the file"))
        return replace(item, bytes=size, digest=file_digest(Path(item.source)))
    except OSError as error:
        reason = f"the file cannot be opened ({error.strerror})"
        return replace(item, failure=Failure("Unreadable", reason, "Check its permissions"))
