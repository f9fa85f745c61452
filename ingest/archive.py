"""Bytes of files, pipes and zip entries, within limits that are checked before loading."""

import io
import os
import select
import stat
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from . import limits
from .errors import (
    Encrypted,
    MissingError,
    NotADocument,
    TooLarge,
    Unreadable,
    name_file_in_errors,
    refuse_over_limit,
)

ZIP = b"PK\x03\x04"
_RATIO_FROM = 2**20
_PIECE = 2**20
_SAVE_AGAIN = "Open it in the program it is from, and save it again"
_DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError)


def is_zip(file: Path) -> bool:
    """Whether `file` is a zip archive, and no office file or book."""
    try:
        with file.open("rb") as stream:
            if stream.read(4) != ZIP:
                return False
    except OSError:
        return False
    return kind_of_zip_content(file) == "archive"


def kind_of_zip_content(source: Path | bytes) -> str | None:
    """What a zip contains: `docx`, `epub`, `archive` (files), or words for a kind that is not read;
    None: damaged.
    """
    try:
        with _open_zip(source) as archive:
            infos = archive.infolist()[: limits.MAX_ZIP_ENTRIES]
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
        for folder, what in (
            ("word/", "docx"),
            ("xl/", "an Excel workbook"),
            ("ppt/", "a PowerPoint file"),
        ):
            if any(name.startswith(folder) for name in names):
                return what
        return "an Office file of an unknown kind"
    return "archive"


def _open_zip(source: Path | bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)


class Package:
    """The entries of a zip file, called `where` in errors. Raises TooLarge, with `hint`, over
    10,000 entries, 64 MiB an entry, 512 MiB in all or 200 times the packed size; Encrypted;
    Unreadable."""

    def __init__(self, source: bytes | Path, where: str = "", *, hint: str = _SAVE_AGAIN) -> None:
        self._where = where
        self._hint = hint
        self._total = 0
        self._counted: set[int] = set()
        with name_file_in_errors(where):
            try:
                self.archive = _open_zip(source)
            except _DAMAGED as error:
                what = f"the file is damaged ({error})"
                raise Unreadable(what, hint="Get it again; it may have been cut off") from error
            self.entries = self.archive.infolist()
            refuse_over_limit(limits.MAX_ZIP_ENTRIES, len(self.entries), "entries", hint)
            size = len(source) if isinstance(source, bytes) else source.stat().st_size
            if sum(info.compress_size for info in self.entries) > size:
                raise Unreadable(
                    "its entries overlap, which no program writes", hint="Get it again"
                )
        self._by_name = {info.filename: info for info in self.entries}

    def read(self, name: str) -> bytes | None:
        """The bytes of the entry `name`, or None."""
        info = self._by_name.get(name)
        return None if info is None else self.read_entry(info)

    def read_entry(self, entry: zipfile.ZipInfo) -> bytes:
        """The bytes of one of `entries`."""
        with name_file_in_errors(self._where):
            if entry.flag_bits & 0x1:
                raise Encrypted(
                    f"its entry {entry.filename} is encrypted", hint="Save it without a password"
                )
            try:
                data = self._decompress_entry(entry)
            except (*_DAMAGED, RuntimeError) as error:
                what = f"its entry {entry.filename} is damaged ({error})"
                raise Unreadable(what, hint="Get the file again") from error
            if id(entry) not in self._counted:  # several may have one name
                self._counted.add(id(entry))
                self._total += len(data)
            most = limits.MAX_ZIP_TOTAL_BYTES
            refuse_over_limit(most, self._total, "bytes unpacked", self._hint)
            return data

    def _decompress_entry(self, info: zipfile.ZipInfo) -> bytes:
        size = info.file_size  # zipfile gives no more than that
        if size > limits.MAX_ZIP_ENTRY_BYTES:
            what = f"its entry {info.filename} is over {limits.MAX_ZIP_ENTRY_BYTES:,} bytes"
            raise TooLarge(what, hint=self._hint)
        if size > _RATIO_FROM and size > limits.MAX_ZIP_RATIO * max(info.compress_size, 1):
            what = (
                f"its entry {info.filename} unpacks to over {limits.MAX_ZIP_RATIO} times its size"
            )
            raise TooLarge(what, hint=self._hint)
        with self.archive.open(info) as stream:
            return stream.read(size + 1)


def zip_entries(source: Path | bytes, name: str, skipped: list[str]) -> Iterator[tuple[str, bytes]]:
    """(path in the archive, bytes) of every visible entry, sorted by the bytes of the path. Links
    and paths that lead outside go into `skipped` with the archive's `name` and the reason. Raises
    as Package."""
    package = Package(source, name, hint="Unpack it and name the folder")
    with package.archive:
        for info in sorted(package.entries, key=lambda i: i.filename.encode("utf-8", "replace")):
            danger = _reason_entry_is_unsafe(info)
            parts = PurePosixPath(info.filename).parts
            hidden = "__MACOSX" in parts or any(part.startswith(".") for part in parts)
            if danger:
                skipped.append(f"{name}/{info.filename} ({danger})")
            elif not (hidden or info.is_dir()):
                yield info.filename, package.read_entry(info)


def _reason_entry_is_unsafe(info: zipfile.ZipInfo) -> str:
    path = PurePosixPath(info.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in info.filename or ":" in info.filename:
        return "its path leads out of the archive"
    return "a link" if stat.S_ISLNK(info.external_attr >> 16) else ""


def file_status(path: str | Path) -> os.stat_result:
    """The `stat` of a file or folder. Raises Missing and Unreadable."""
    try:
        if not str(path):
            raise MissingError("the path is empty", where="''", hint="Name a file or a folder")
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise MissingError(
            "no such file or folder", where=str(path), hint="Check the path"
        ) from error
    except OSError as error:
        raise _unreadable_file_error(error, path) from error


def is_pipe(status: os.stat_result) -> bool:
    """Whether it can be read only once (a pipe, a socket, a terminal); devices, refused later,
    count as such.
    """
    return not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))


def load_file(file: Path) -> bytes:
    """The bytes of a file. Raises Missing, NotADocument for a folder, Unreadable, TooLarge."""
    with name_file_in_errors(str(file)):
        status = file_status(file)
        if stat.S_ISDIR(status.st_mode):
            raise NotADocument("this is a folder", hint="Name a file in it")
        if is_pipe(status):
            return load_pipe(file)
        refuse_over_limit(limits.MAX_FILE_BYTES, status.st_size, "bytes")
        try:
            data = file.read_bytes()
        except OSError as error:
            raise _unreadable_file_error(error, file) from error
        refuse_over_limit(limits.MAX_FILE_BYTES, len(data), "bytes")  # it may have grown
        return data


def load_stream(stream: BinaryIO) -> bytes:
    """All of `stream`. Raises TooLarge as soon as it is over the limit."""
    return _join_within_limit(iter(lambda: stream.read(_PIECE), b""))


def load_pipe(path: Path) -> bytes:
    """All that comes from a pipe. Raises NotADocument for a device, Unreadable where no program
    writes into it, TooLarge."""
    with name_file_in_errors(str(path)):
        if not stat.S_ISFIFO(file_status(path).st_mode):
            raise NotADocument(
                "this is a device and no file", hint="Name a file, or a pipe such as <(command)"
            )
        try:
            # A pipe that nobody writes into is opened without waiting for somebody to do so.
            with open(
                path, "rb", buffering=0, opener=lambda *how: os.open(how[0], how[1] | os.O_NONBLOCK)
            ) as pipe:
                return _join_within_limit(_chunks_from_pipe(pipe.fileno()))
        except OSError as error:
            raise _unreadable_file_error(error, path) from error


def _chunks_from_pipe(pipe: int) -> Iterator[bytes]:
    """What is written into `pipe` until its last writer closes it, however slowly."""
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN)
    begun = False
    end = time.monotonic() + limits.PIPE_SECONDS
    while True:
        events = waiting.poll(100)
        try:
            piece = os.read(pipe, _PIECE)
        except BlockingIOError:  # it is empty, and a program has it open for writing
            continue
        if piece:
            begun = True
            yield piece
        elif begun or events:
            return
        elif time.monotonic() > end:
            what = f"no program wrote into this pipe for {limits.PIPE_SECONDS} seconds"
            raise Unreadable(what, hint="Start the program that writes into it first")


def _join_within_limit(pieces: Iterable[bytes]) -> bytes:
    found: list[bytes] = []
    size = 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size > limits.MAX_FILE_BYTES:
            raise TooLarge(
                f"more than {limits.MAX_FILE_BYTES:,} bytes, which is the limit",
                hint="Split the file",
            )
    return b"".join(found)


def _unreadable_file_error(error: OSError, path: str | Path) -> Unreadable:
    reason = error.strerror or str(error)
    return Unreadable(
        f"the file cannot be opened ({reason})", where=str(path), hint="Check its permissions"
    )
