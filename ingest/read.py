"""The front door: a path to a Document, by content and not only by suffix, and the documents of a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from docqa.ingest.archive import is_zip, package_kind, zip_entries
from docqa.ingest.detect import SUFFIXES, WORKS, kind_of, looks_readable
from docqa.ingest.errors import EmptyError, IngestError, MissingError, NoDocuments, NotADocument, TooLarge, Unreadable
from docqa.ingest.limits import MAX_FILE_BYTES
from docqa.ingest.types import Document

if TYPE_CHECKING:
    from docqa.ingest.pdf.pool import Pool

# Raised whenever the text, the passages or the sections of the same bytes change.
INGEST_VERSION = 4


def read(
    path: str | Path,
    *,
    password: str | None = None,
    media_type: str | None = None,
    data: bytes | None = None,
    pdfium: bool | None = None,
    on_pages: Callable[[int], None] | None = None,
    on_page: Callable[[int], None] | None = None,
    on_ocr: Callable[[int], None] | None = None,
    skip: Mapping[int, str] | None = None,
    include_hidden: bool = False,
    pool: Pool | None = None,
) -> Document:
    """The Document at `path`, read in this process; files of others belong into `worker.read_in_worker`.

    `data` are the bytes when they do not come from `path` (standard input, a zip entry), which then only names them.
    `media_type` (a MIME type or pdf, docx, epub, html, tex, eml, txt, md, uslm) overrides what suffix and content
    say. `pdfium` False reads a PDF with pypdf alone; `on_pages` is told the number of pages of a PDF before they are
    read, `on_page` each page before it is read, `on_ocr` before its picture is recognised. `skip`: pages of a PDF that
    are left empty, and why. The processes of `pool` read pages of a long PDF at once.
    `include_hidden` reads what nobody can see, as blocks of kind `hidden`: in a PDF at the end of its page, else at
    the end of the document.
    Raises an IngestError: Missing, Empty, NotADocument, Encrypted, Unreadable, NoText, TooLarge.
    """
    name = str(path)
    if data is None:
        data = _load(Path(path), name)
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge(f"{len(data):,} bytes, the limit is {MAX_FILE_BYTES:,}", name, "Split the file")
    if not data.strip(b" \t\r\n\f\0"):
        raise EmptyError(
            "the file is empty" if not data else "there is only white space in the file", name, "Is it whole?"
        )
    kind = kind_of(data, name, media_type)
    stem = PurePosixPath(name).stem if name != "-" else "standard input"
    if kind == "pdf":
        from docqa.ingest.pdf.reader import read_pdf

        return read_pdf(
            data, name, stem=stem, password=password, pdfium=pdfium, on_pages=on_pages, on_page=on_page, on_ocr=on_ocr,
            skip=skip, include_hidden=include_hidden, pool=pool,
        )  # fmt: skip
    if kind in ("docx", "epub", "html", "tex", "eml"):
        return _reader(kind)(data, name, stem=stem, include_hidden=include_hidden)
    return _reader(kind)(data, name, stem=stem)


def _reader(kind: str) -> Callable[..., Document]:
    """The reader of `kind`; its library loads only now."""
    if kind == "docx":
        from docqa.ingest.docx.reader import read_docx

        return read_docx
    if kind == "epub":
        from docqa.ingest.web.epub import read_epub

        return read_epub
    if kind == "html":
        from docqa.ingest.web.html import read_html

        return read_html
    if kind == "tex":
        from docqa.ingest.latex.reader import read_latex

        return read_latex
    if kind == "eml":
        from docqa.ingest.web.email_message import read_email

        return read_email
    if kind == "md":
        from docqa.ingest.plain.markdown import read_markdown

        return read_markdown
    if kind == "uslm":
        from docqa.ingest.plain.uslm import read_uslm

        return read_uslm
    from docqa.ingest.plain.text import read_text

    return read_text


def find_documents(path: str | Path, skipped: list[str] | None = None) -> Iterator[tuple[str, bytes | Path]]:
    """The documents at `path` as (path to show, bytes or file), sorted by the bytes of their paths.

    A file gives itself, a folder all documents in it and below it but hidden ones, a `.zip` its entries as bytes.
    Names of files that are no documents are appended to `skipped`. Raises Missing, and NoDocuments with what was
    seen; a zip over its limits raises TooLarge.
    """
    root = Path(path)
    name = str(path)
    passed_over: list[str] = [] if skipped is None else skipped
    if root.is_dir():
        return iter(_in_folder(root, name, passed_over))
    if not root.exists():
        raise MissingError("no such file or folder", name, "Check the path")
    # A .zip may be a document that somebody renamed; what is damaged says so when it is unpacked.
    if is_zip(root) or (root.suffix.lower() == ".zip" and package_kind(root) in (None, "archive")):
        return _in_zip(root, name, passed_over)
    return iter([(name, root)])


def _in_folder(root: Path, name: str, skipped: list[str]) -> list[tuple[str, bytes | Path]]:
    found: list[tuple[str, bytes | Path]] = []
    before = len(skipped)
    closed: list[str] = []
    try:
        files = sorted(_walk(root, closed), key=lambda p: str(p).encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise Unreadable(f"the folder cannot be listed ({error.strerror})", name, "Check its permissions") from error
    skipped += sorted(closed)
    for file in files:
        if _is_document(file):
            found.append((str(file), file))
        else:
            skipped.append(str(file))
    if not found:
        raise NoDocuments(f"no documents in this folder{_seen(skipped[before:])}", name, WORKS)
    return found


def _walk(root: Path, closed: list[str]) -> Iterator[Path]:
    """The files in `root` and below; folders below that cannot be listed are appended to `closed`, with the reason.

    Raises OSError where `root` itself cannot be.
    """
    for entry in list(root.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            # A link to a folder may lead back to where we are.
            if not entry.is_symlink():
                try:
                    yield from _walk(entry, closed)
                except OSError as error:
                    closed.append(f"{entry} (the folder cannot be listed: {error.strerror})")
        elif entry.is_file():
            yield entry


def _is_document(file: Path) -> bool:
    suffix = file.suffix.lower()
    try:
        with file.open("rb") as stream:
            head = stream.read(4096)
    except OSError:
        return suffix in SUFFIXES
    return looks_readable(suffix, head)


def _in_zip(root: Path, name: str, skipped: list[str]) -> Iterator[tuple[str, bytes | Path]]:
    found = False
    before = len(skipped)
    for entry, data in zip_entries(root, name):
        if looks_readable(PurePosixPath(entry).suffix.lower(), data[:4096]):
            found = True
            yield f"{name}/{entry}", data
        else:
            skipped.append(f"{name}/{entry}")
    if not found:
        raise NoDocuments(f"no documents in this archive{_seen(skipped[before:])}", name, WORKS)


def _seen(skipped: list[str]) -> str:
    if not skipped:
        return " (it is empty)"
    names = ", ".join(PurePosixPath(entry).name for entry in skipped[:5])
    more = f" and {len(skipped) - 5} more" if len(skipped) > 5 else ""
    return f" (seen: {names}{more})"


def _load(file: Path, name: str) -> bytes:
    try:
        if file.is_dir():
            raise NotADocument("this is a folder", name, "Name a file in it")
        size = file.stat().st_size
        if size > MAX_FILE_BYTES:
            raise TooLarge(f"{size:,} bytes, the limit is {MAX_FILE_BYTES:,}", name, "Split the file")
        return file.read_bytes()
    except FileNotFoundError as error:
        raise MissingError("no such file", name, "Check the path") from error
    except OSError as error:
        raise Unreadable(f"the file cannot be opened ({error.strerror})", name, "Check its permissions") from error


__all__ = ["INGEST_VERSION", "SUFFIXES", "IngestError", "find_documents", "read"]
