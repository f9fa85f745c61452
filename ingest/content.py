"""Bytes of files and pipes, within the limit on the size of a document, which is looked at before they are loaded."""

from __future__ import annotations

import os
import select
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from docqa.ingest.errors import MissingError, NotADocument, TooLarge, Unreadable, reading, refuse_over
from docqa.ingest.limits import MAX_FILE_BYTES, PIPE_SECONDS

_PIECE = 2**20
_CHECK = "Check the path"


def status_of(path: str | Path) -> os.stat_result:
    """What the system says of a file or folder. Raises Missing, and Unreadable where it may not be looked at."""
    try:
        if not str(path):
            raise MissingError("the path is empty", where="''", hint="Name a file or a folder")
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise MissingError("no such file or folder", where=str(path), hint=_CHECK) from error
    except OSError as error:
        raise _cannot_be_opened(error, path) from error


def is_pipe(status: os.stat_result) -> bool:
    """Whether what `status` is of can be read only once: a pipe, a socket or a terminal. A device is refused later."""
    return not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))


def load(file: Path) -> bytes:
    """The bytes of a file. Raises Missing, NotADocument for a folder, Unreadable and TooLarge."""
    with reading(str(file)):
        status = status_of(file)
        if stat.S_ISDIR(status.st_mode):
            raise NotADocument("this is a folder", hint="Name a file in it")
        if is_pipe(status):
            return load_pipe(file)
        refuse_over(MAX_FILE_BYTES, status.st_size, "bytes")
        try:
            data = file.read_bytes()
        except OSError as error:
            raise _cannot_be_opened(error, file) from error
        refuse_over(MAX_FILE_BYTES, len(data), "bytes")  # it may have grown
        return data


def load_stream(stream: BinaryIO) -> bytes:
    """All that comes from `stream`. Raises TooLarge as soon as it is over the limit."""
    return _joined(iter(lambda: stream.read(_PIECE), b""))


def load_pipe(path: Path) -> bytes:
    """All that comes from a pipe, to its end: what was taken out of it cannot be read again.

    Raises NotADocument for a device, Unreadable where no program writes into the pipe, TooLarge.
    """
    with reading(str(path)):
        if not stat.S_ISFIFO(status_of(path).st_mode):
            raise NotADocument("this is a device and no file", hint="Name a file, or a pipe such as <(command)")
        try:
            with open(path, "rb", buffering=0, opener=_open_at_once) as pipe:
                return _joined(_pieces(pipe.fileno()))
        except OSError as error:
            raise _cannot_be_opened(error, path) from error


def _open_at_once(path: str, flags: int) -> int:
    """Opens a pipe that nobody writes into without waiting for somebody to do so."""
    return os.open(path, flags | os.O_NONBLOCK)


def _pieces(pipe: int) -> Iterator[bytes]:
    """What is written into `pipe`, until its last writer closes it. A writer may take its time, but must be there."""
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN)
    begun = False
    end = time.monotonic() + PIPE_SECONDS
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
            what = f"no program wrote into this pipe for {PIPE_SECONDS} seconds"
            raise Unreadable(what, hint="Start the program that writes into it first")


def _joined(pieces: Iterable[bytes]) -> bytes:
    found: list[bytes] = []
    size = 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size > MAX_FILE_BYTES:
            raise TooLarge(f"more than {MAX_FILE_BYTES:,} bytes, which is the limit", hint="Split the file")
    return b"".join(found)


def _cannot_be_opened(error: OSError, path: str | Path) -> Unreadable:
    reason = error.strerror or str(error)
    return Unreadable(f"the file cannot be opened ({reason})", where=str(path), hint="Check its permissions")
