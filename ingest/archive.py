"""The entries of a zip archive as bytes, within limits, whatever its headers say."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .errors import Encrypted, TooLarge, Unreadable
from .limits import MAX_ZIP_ENTRIES, MAX_ZIP_ENTRY_BYTES, MAX_ZIP_RATIO, MAX_ZIP_TOTAL_BYTES

_RATIO_FROM = 2**20
_SPLIT = "Unpack it and name the folder"


def is_zip(file: Path) -> bool:
    """Whether `file` begins like a plain zip archive; office files and books, which do too, are told apart."""
    try:
        with file.open("rb") as stream:
            if stream.read(4) != b"PK\x03\x04":
                return False
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist()[:50])
    except (OSError, zipfile.BadZipFile, ValueError):
        return False
    return not ({"[Content_Types].xml", "mimetype", "META-INF/container.xml"} & names)


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
                data = _read_entry(archive, info, name)
                total += len(data)
                if total > MAX_ZIP_TOTAL_BYTES:
                    raise TooLarge(f"over {MAX_ZIP_TOTAL_BYTES:,} bytes unpacked", name, _SPLIT)
                yield info.filename, data
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError) as error:
        raise Unreadable(f"the archive is damaged ({error})", name, "Get it again, or unpack it by hand") from error


def _is_wanted(info: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(info.filename)
    mode = info.external_attr >> 16
    outside = path.is_absolute() or ".." in path.parts or "\\" in info.filename or ":" in info.filename
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not (info.is_dir() or outside or hidden or stat.S_ISLNK(mode))


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    with archive.open(info) as stream:
        data = stream.read(MAX_ZIP_ENTRY_BYTES + 1)
    if len(data) > MAX_ZIP_ENTRY_BYTES:
        raise TooLarge(f"its entry {info.filename} is over {MAX_ZIP_ENTRY_BYTES:,} bytes", name, _SPLIT)
    if len(data) > _RATIO_FROM and len(data) > MAX_ZIP_RATIO * max(info.compress_size, 1):
        raise TooLarge(f"its entry {info.filename} unpacks to over {MAX_ZIP_RATIO} times its size", name, _SPLIT)
    return data
