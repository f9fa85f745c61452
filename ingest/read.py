"""The front door: a path to a Document, by content and not only by suffix, and the documents of a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from .archive import is_zip, zip_entries
from .errors import Empty, IngestError, Missing, NoDocuments, NotADocument, TooLarge, Unreadable
from .limits import MAX_FILE_BYTES
from .types import Document

# Raised whenever the text, the passages or the sections of the same bytes change.
INGEST_VERSION = 1

SUFFIXES = {".pdf": "pdf", ".txt": "txt", ".text": "txt", ".md": "md", ".markdown": "md", ".xml": "uslm"}
_KINDS = {
    "pdf": "pdf", "application/pdf": "pdf", "txt": "txt", "text": "txt", "text/plain": "txt", "md": "md",
    "markdown": "md", "text/markdown": "md", "uslm": "uslm", "xml": "uslm", "application/xml": "uslm",
    "text/xml": "uslm", "application/uslm+xml": "uslm",
}  # fmt: skip
_WORKS = "docqa reads PDF, plain text, Markdown and USLM XML"
_CONVERT = f"{_WORKS}; save it as one of these"
_OTHER = (
    (b"PK\x03\x04", "a zip-based file (such as DOCX or EPUB)"), (b"{\\rtf", "RTF"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"), (b"\x89PNG", "a picture (PNG)"), (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"), (b"II*\0", "a picture (TIFF)"), (b"MM\0*", "a picture (TIFF)"),
    (b"%!PS", "PostScript"), (b"AT&TFORM", "DjVu"), (b"\x1f\x8b", "a gzip file"), (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x7fELF", "a program"),
)  # fmt: skip
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|[A-Za-z][\w:.-]*\s[^>]*xmlns)")


def read(
    path: str | Path,
    *,
    password: str | None = None,
    media_type: str | None = None,
    data: bytes | None = None,
    pdfium: bool | None = None,
    on_pages: Callable[[int], None] | None = None,
) -> Document:
    """The Document at `path`, read in this process; files of others belong into `worker.read_in_worker`.

    `data` are the bytes when they do not come from `path` (standard input, a zip entry), which then only names them.
    `media_type` (a MIME type or pdf, txt, md, uslm) overrides what suffix and content say. `pdfium` False reads a
    PDF with pypdf alone; `on_pages` is told the number of pages of a PDF before they are read.
    Raises an IngestError: Missing, Empty, NotADocument, Encrypted, Unreadable, NoText, TooLarge.
    """
    name = str(path)
    if data is None:
        data = _load(Path(path), name)
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge(f"{len(data):,} bytes, the limit is {MAX_FILE_BYTES:,}", name, "Split the file")
    if not data.strip(b" \t\r\n\f\0"):
        raise Empty("the file is empty" if not data else "there is only white space in the file", name, "Is it whole?")
    kind = _kind(data, name, media_type)
    stem = PurePosixPath(name).stem if name != "-" else "standard input"
    if kind == "pdf":
        from .pdf import read_pdf

        return read_pdf(data, name, stem=stem, password=password, pdfium=pdfium, on_pages=on_pages)
    if kind == "md":
        from .markdown import read_markdown

        return read_markdown(data, name, stem=stem)
    if kind == "uslm":
        from .uslm import read_uslm

        return read_uslm(data, name, stem=stem)
    from .text import read_text

    return read_text(data, name, stem=stem)


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
        raise Missing("no such file or folder", name, "Check the path")
    if root.suffix.lower() == ".zip" or is_zip(root):
        return _in_zip(root, name, passed_over)
    return iter([(name, root)])


def _in_folder(root: Path, name: str, skipped: list[str]) -> list[tuple[str, bytes | Path]]:
    found: list[tuple[str, bytes | Path]] = []
    before = len(skipped)
    try:
        files = sorted((p for p in _walk(root)), key=lambda p: str(p).encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise Unreadable(f"the folder cannot be listed ({error.strerror})", name, "Check its permissions") from error
    for file in files:
        if _is_document(file):
            found.append((str(file), file))
        else:
            skipped.append(str(file))
    if not found:
        raise NoDocuments(f"no documents in this folder{_seen(skipped[before:])}", name, _WORKS)
    return found


def _walk(root: Path) -> Iterator[Path]:
    for entry in root.iterdir():
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            # A link to a folder may lead back to where we are.
            if not entry.is_symlink():
                yield from _walk(entry)
        elif entry.is_file():
            yield entry


def _is_document(file: Path) -> bool:
    suffix = file.suffix.lower()
    try:
        with file.open("rb") as stream:
            head = stream.read(4096)
    except OSError:
        return suffix in SUFFIXES
    return _looks_readable(suffix, head)


def _looks_readable(suffix: str, head: bytes) -> bool:
    if suffix == ".xml":
        from .uslm import is_uslm

        return is_uslm(head)
    return suffix in SUFFIXES or head[:1024].find(b"%PDF-") >= 0


def _in_zip(root: Path, name: str, skipped: list[str]) -> Iterator[tuple[str, bytes | Path]]:
    found = False
    before = len(skipped)
    for entry, data in zip_entries(root, name):
        if _looks_readable(PurePosixPath(entry).suffix.lower(), data[:4096]):
            found = True
            yield f"{name}/{entry}", data
        else:
            skipped.append(f"{name}/{entry}")
    if not found:
        raise NoDocuments(f"no documents in this archive{_seen(skipped[before:])}", name, _WORKS)


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
        raise Missing("no such file", name, "Check the path") from error
    except OSError as error:
        raise Unreadable(f"the file cannot be opened ({error.strerror})", name, "Check its permissions") from error


def _kind(data: bytes, name: str, media_type: str | None) -> str:
    """`pdf`, `txt`, `md` or `uslm`; raises NotADocument for everything else."""
    head = data[:4096]
    suffix = PurePosixPath(name).suffix.lower()
    wanted = _KINDS.get(media_type.lower()) if media_type else SUFFIXES.get(suffix)
    if media_type and wanted is None:
        raise NotADocument(f"documents of type {media_type!r} are not read", name, _CONVERT)
    if head[:1024].find(b"%PDF-") >= 0 and wanted in (None, "pdf"):
        return "pdf"
    if wanted == "pdf":
        raise NotADocument("not a PDF: its first bytes are not %PDF-", name, f"{_WORKS}; is the suffix right?")
    for magic, what in _OTHER:
        if data.startswith(magic):
            raise NotADocument(f"this is {what}", name, _CONVERT)
    if wanted in ("txt", "md"):
        return wanted
    if _HTML.match(head):
        raise NotADocument("HTML is not read", name, _CONVERT)
    if wanted == "uslm" or _XML.match(head):
        from .uslm import is_uslm

        if not is_uslm(data):
            raise NotADocument("this XML is not USLM", name, _CONVERT)
        return "uslm"
    return "txt"


__all__ = ["INGEST_VERSION", "SUFFIXES", "IngestError", "find_documents", "read"]
