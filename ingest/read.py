"""A path to a Document, by content and not only by suffix, and the documents of a folder."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from stat import S_ISDIR

from .archive import (
    ZIP,
    file_status,
    is_pipe,
    is_zip,
    kind_of_zip_content,
    load_file,
    load_pipe,
    zip_entries,
)
from .detect import format_of, is_readable_format
from .errors import (
    EmptyError,
    IngestError,
    NoDocuments,
    Unreadable,
    name_file_in_errors,
    refuse_over_limit,
)
from .formats import format_of_suffix, titles
from .limits import MAX_EMAIL_BYTES, MAX_EMAIL_DEPTH, MAX_FILE_BYTES
from .request import PageEvents, ReadRequest
from .types import Document

# Raised whenever the text, the passages or the sections of the same bytes change.
INGEST_VERSION = 19
NamedContent = tuple[str, bytes | Path]
"""The path to show of a document, and its bytes or its file."""


def read(request: ReadRequest, events: PageEvents | None = None) -> Document:
    """The Document of `request`, read in this process; untrusted files belong into
    `worker.read_in_worker`.

    `events` are those of a PDF. Raises an IngestError: Missing, Empty, NotADocument,
    Encrypted, Unreadable, NoText, TooLarge.
    """
    with name_file_in_errors(request.name):
        if request.data is None:
            request = request.of(request.path, load_file(Path(request.path)))
        data = request.content
        refuse_over_limit(MAX_FILE_BYTES, len(data), "bytes")
        if not data.strip(b" \t\r\n\f\0"):
            what = "there is only white space in the file" if data else "the file is empty"
            raise EmptyError(what, hint="Get the file again, or name another one")
        found = format_of(data, request.name, request.media_type)
        if found.name == "pdf":
            from .pdf.reader import read_pdf

            return read_pdf(request, events or PageEvents())
        return found.read()(request)


def find_documents(path: str | Path, skipped: list[str] | None = None) -> Iterator[NamedContent]:
    """The documents at `path` as (path to show, bytes or file), sorted by the bytes of their paths.

    A file gives itself, a folder all that is not hidden, a `.zip` its entries and an e-mail itself
    and then its attachments, as bytes; a pipe its bytes, only once. Other files are named in
    `skipped`. Raises Missing, NoDocuments with what was seen, and TooLarge for a zip or a pipe.
    """
    root = Path(path)
    name = str(path)
    passed_over: list[str] = [] if skipped is None else skipped
    status = file_status(path)
    if S_ISDIR(status.st_mode):
        return _add_email_attachments(
            iter(_documents_in_folder(root, name, passed_over)), passed_over
        )
    if is_pipe(status):
        return iter([(name, load_pipe(root))])
    # A .zip may be a renamed document; what is damaged says so when it is unpacked.
    if is_zip(root) or (
        root.suffix.lower() == ".zip" and kind_of_zip_content(root) in (None, "archive")
    ):
        return _add_email_attachments(_documents_in_zip(root, name, passed_over), passed_over)
    return _add_email_attachments(iter([(name, root)]), passed_over)


def _add_email_attachments(
    documents: Iterator[NamedContent], skipped: list[str]
) -> Iterator[NamedContent]:
    for shown, content in documents:
        yield shown, content
        if PurePosixPath(shown).suffix.lower() == ".eml":
            yield from documents_in_email(shown, content, skipped)


def documents_in_email(
    display_name: str, content: bytes | Path, skipped: list[str]
) -> Iterator[tuple[str, bytes]]:
    """What is attached to the e-mail `display_name`; nothing where it cannot be read, which its reader
    says.
    """
    try:
        if isinstance(content, Path) and content.stat().st_size > MAX_EMAIL_BYTES:
            return
        data = content if isinstance(content, bytes) else content.read_bytes()
    except OSError:
        return
    yield from _attached_documents(data, display_name, skipped)


def _attached_documents(
    data: bytes, name: str, skipped: list[str], depth: int = 0
) -> Iterator[tuple[str, bytes]]:
    """(path to show, bytes) of what is attached to the message, and to that; a zip gives its
    entries.
    """
    from .web.email_parts import attachments, bytes_of, parse_email

    try:
        message = parse_email(data)
    except IngestError:
        return  # the reader of the message itself says why
    for own, part in attachments(message):
        shown = f"{name}/{own}"
        content = bytes_of(part)
        suffix = PurePosixPath(own).suffix.lower()
        if suffix == ".eml" or part.get_content_type() == "message/rfc822":
            yield shown, content
            if depth < MAX_EMAIL_DEPTH:
                yield from _attached_documents(content, shown, skipped, depth + 1)
            else:
                skipped.append(
                    f"{shown} (what is attached to it: nested deeper than {MAX_EMAIL_DEPTH})"
                )
        elif content.startswith(ZIP) and kind_of_zip_content(content) in ("archive", None):
            try:
                yield from _documents_in_zipped_attachment(content, shown, skipped)
            except IngestError as error:  # the other attachments can be read all the same
                skipped.append(f"{shown} ({error.message})")
        elif is_readable_format(suffix, content[:4096]):
            yield shown, content
        else:
            skipped.append(shown)


def _documents_in_zipped_attachment(
    content: bytes | Path, display_name: str, skipped: list[str]
) -> Iterator[tuple[str, bytes]]:
    for entry, data in zip_entries(content, display_name, skipped):
        if is_readable_format(PurePosixPath(entry).suffix.lower(), data[:4096]):
            yield f"{display_name}/{entry}", data
        else:
            skipped.append(f"{display_name}/{entry}")


def _documents_in_folder(root: Path, name: str, skipped: list[str]) -> list[NamedContent]:
    before = len(skipped)
    closed: list[str] = []
    try:
        files = _files_below(root, closed)
    except OSError as error:
        what = f"the folder cannot be listed ({error.strerror})"
        raise Unreadable(what, where=name, hint="Check its permissions") from error
    documents = [file for file in files if _is_document(file)]
    kept = set(documents)
    skipped += [*sorted(closed), *(str(file) for file in files if file not in kept)]
    if not documents:
        raise _no_documents_error("folder", name, skipped[before:])
    return [(str(file), file) for file in documents]


def _files_below(root: Path, unreadable_folders: list[str]) -> list[Path]:
    """The files at any depth, not through links to folders, which may lead back; folders that
    cannot be listed, or have installed packages, go into `unreadable_folders` with the reason. Raises
    OSError where `root` cannot."""

    def on_error(error: OSError) -> None:
        if Path(error.filename) == root:
            raise error
        unreadable_folders.append(
            f"{error.filename} (the folder cannot be listed: {error.strerror})"
        )

    found: list[Path] = []
    for folder, folders, names in os.walk(root, onerror=on_error):
        packages = [name for name in folders if _has_packages(Path(folder, name))]
        unreadable_folders += [f"{Path(folder, name)} (installed packages)" for name in packages]
        folders[:] = [name for name in folders if not name.startswith(".") and name not in packages]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    return sorted((file for file in found if file.is_file()), key=os.fsencode)


def _has_packages(folder: Path) -> bool:
    """Whether `folder` is a virtual environment of Python, or Node's modules."""
    return folder.name == "node_modules" or (folder / "pyvenv.cfg").is_file()


def _is_document(file: Path) -> bool:
    suffix = file.suffix.lower()
    try:
        with file.open("rb") as stream:
            head = stream.read(4096)
    except OSError:
        return format_of_suffix(suffix) is not None
    return is_readable_format(suffix, head)


def _documents_in_zip(root: Path, name: str, skipped: list[str]) -> Iterator[NamedContent]:
    found = False
    before = len(skipped)
    for document in _documents_in_zipped_attachment(root, name, skipped):
        found = True
        yield document
    if not found:
        raise _no_documents_error("archive", name, skipped[before:])


def _no_documents_error(kind: str, name: str, skipped: list[str]) -> NoDocuments:
    names = ", ".join(PurePosixPath(entry).name for entry in skipped[:5])
    more = f" and {len(skipped) - 5} more" if len(skipped) > 5 else ""
    remark = f"seen: {names}{more}" if skipped else "it is empty"
    return NoDocuments(f"no documents in this {kind} ({remark})", where=name, hint=titles())
