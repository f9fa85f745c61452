"""The entries of zip archives and of documents that are one, as bytes, within limits, whatever their headers say."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from docqa.ingest.errors import Encrypted, TooLarge, Unreadable
from docqa.ingest.limits import MAX_ZIP_ENTRIES, MAX_ZIP_ENTRY_BYTES, MAX_ZIP_RATIO, MAX_ZIP_TOTAL_BYTES

_RATIO_FROM = 2**20
_SPLIT = "Unpack it and name the folder"
_SAVE_AGAIN = "Open it in the program it is from, and save it again"
_DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError)


def is_zip(file: Path) -> bool:
    """Whether `file` is a plain zip archive; office files and books, which begin like one, are told apart."""
    try:
        with file.open("rb") as stream:
            if stream.read(4) != b"PK\x03\x04":
                return False
    except OSError:
        return False
    return package_kind(file) == "archive"


def package_kind(source: Path | bytes) -> str | None:
    """What a zip holds: `docx`, `epub`, `archive` (files), or the words for a kind that is not read.

    None where its directory cannot be read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            infos = archive.infolist()[:MAX_ZIP_ENTRIES]
            names = {info.filename for info in infos}
            mimetype = b""
            if "mimetype" in names:
                with archive.open("mimetype") as stream:
                    mimetype = stream.read(200).strip()
    except (*_DAMAGED, RuntimeError, KeyError):
        return None
    if "META-INF/container.xml" in names or mimetype == b"application/epub+zip":
        return "epub"
    if mimetype.startswith(b"application/vnd.oasis.opendocument"):
        return "an OpenDocument file"
    if "[Content_Types].xml" in names:
        for folder, what in ("word/", "docx"), ("xl/", "an Excel workbook"), ("ppt/", "a PowerPoint file"):
            if any(name.startswith(folder) for name in names):
                return what
        return "an Office file of an unknown kind"
    return "archive"


class Package:
    """The entries of a zip file, by name, within the limits of an archive: of a document, or of a file that stays open.

    Raises TooLarge, Encrypted and Unreadable, with `path` as the name of the document.
    """

    def __init__(self, source: bytes | Path, path: str) -> None:
        self._path = path
        self._total = 0
        self._counted: set[str] = set()
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
        except _DAMAGED as error:
            raise Unreadable(
                f"the file is damaged ({error})", path, "Get it again; it may have been cut off"
            ) from error
        infos = self._archive.infolist()
        if len(infos) > MAX_ZIP_ENTRIES:
            raise TooLarge(f"{len(infos):,} entries, the limit is {MAX_ZIP_ENTRIES:,}", path, _SAVE_AGAIN)
        self._infos = {info.filename: info for info in infos}

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def read(self, name: str) -> bytes | None:
        """The bytes of the entry `name`, None when there is no such entry."""
        info = self._infos.get(name)
        if info is None:
            return None
        if info.flag_bits & 0x1:
            raise Encrypted(f"its entry {name} is encrypted", self._path, "Save it without a password")
        try:
            data = _read_entry(self._archive, info, self._path, _SAVE_AGAIN)
        except (*_DAMAGED, RuntimeError) as error:
            raise Unreadable(f"its entry {name} is damaged ({error})", self._path, "Get the file again") from error
        self._total += len(data) if name not in self._counted else 0
        self._counted.add(name)
        if self._total > MAX_ZIP_TOTAL_BYTES:
            raise TooLarge(f"over {MAX_ZIP_TOTAL_BYTES:,} bytes unpacked", self._path, _SAVE_AGAIN)
        return data


def zip_entries(file: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """(path in the archive, bytes) of every visible entry, sorted by the bytes of the path.

    Links, hidden entries and paths that lead outside are passed over. Raises TooLarge over 10,000 entries, 64 MiB an
    entry, 512 MiB in all or 200 times its packed size; Encrypted; Unreadable.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_ZIP_ENTRIES:
                raise TooLarge(f"{len(infos):,} entries, the limit is {MAX_ZIP_ENTRIES:,}", name, _SPLIT)
            total = 0
            for info in sorted(filter(_is_wanted, infos), key=lambda i: i.filename.encode("utf-8", "replace")):
                if info.flag_bits & 0x1:
                    raise Encrypted(f"its entry {info.filename} is encrypted", name, _SPLIT)
                data = _read_entry(archive, info, name, _SPLIT)
                total += len(data)
                if total > MAX_ZIP_TOTAL_BYTES:
                    raise TooLarge(f"over {MAX_ZIP_TOTAL_BYTES:,} bytes unpacked", name, _SPLIT)
                yield info.filename, data
    except _DAMAGED as error:
        raise Unreadable(f"the archive is damaged ({error})", name, "Get it again, or unpack it by hand") from error


def _is_wanted(info: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(info.filename)
    mode = info.external_attr >> 16
    outside = path.is_absolute() or ".." in path.parts or "\\" in info.filename or ":" in info.filename
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not (info.is_dir() or outside or hidden or stat.S_ISLNK(mode))


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, hint: str) -> bytes:
    with archive.open(info) as stream:
        data = stream.read(MAX_ZIP_ENTRY_BYTES + 1)
    if len(data) > MAX_ZIP_ENTRY_BYTES:
        raise TooLarge(f"its entry {info.filename} is over {MAX_ZIP_ENTRY_BYTES:,} bytes", name, hint)
    if len(data) > _RATIO_FROM and len(data) > MAX_ZIP_RATIO * max(info.compress_size, 1):
        raise TooLarge(f"its entry {info.filename} unpacks to over {MAX_ZIP_RATIO} times its size", name, hint)
    return data
