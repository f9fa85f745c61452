"""Reading in a child process with limits on memory, processor time and time, so that no file can harm the reader.

Frames on both pipes are an eight-byte big-endian length and that many bytes. The parent sends a JSON request and
the bytes of the document (empty: the child reads the path); the child answers with one JSON frame.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from .errors import ERRORS, IngestError, Unreadable
from .limits import (
    MAX_PAGES,
    WORKER_CPU_SECONDS,
    WORKER_CPU_SECONDS_PER_PAGE,
    WORKER_FILE_BYTES,
    WORKER_MEMORY_BYTES,
    WORKER_WALL_SECONDS,
)
from .serialize import from_json
from .types import Document

_LENGTH = struct.Struct(">Q")


def read_in_worker(
    path: str | Path,
    *,
    password: str | None = None,
    media_type: str | None = None,
    data: bytes | None = None,
    seconds: float = WORKER_WALL_SECONDS,
) -> Document:
    """The same Document as `read.read`, from a child process that may use 2 GiB and `seconds` of wall time.

    A child that crashes is tried once more with pypdf alone; a second crash, and running over a limit, is
    Unreadable. Raises the IngestErrors of `read`. Killing the caller (Ctrl-C) kills the child.
    """
    request = {"path": str(path), "password": password, "media_type": media_type, "has_data": data is not None}
    answer = _ask_child({**request, "pdfium": None}, data or b"", str(path), seconds)
    if answer is None:
        answer = _ask_child({**request, "pdfium": False}, data or b"", str(path), seconds)
    if answer is None:
        hint = "The file may be damaged or hostile; print it to a new PDF and try that"
        raise Unreadable("its reader crashed twice, over its limit of 2 GiB or by a fault", str(path), hint)
    kind, _, body = answer.partition(b"\n")
    if kind == b"document":
        return from_json(body.decode("utf-8"))
    error = json.loads(body)
    raise ERRORS.get(error["kind"], Unreadable)(error["message"], error["path"], error["hint"])


def _ask_child(request: dict[str, Any], data: bytes, name: str, seconds: float) -> bytes | None:
    """The child's answer, None when it died without one. Raises Unreadable when it ran out of time."""
    header = json.dumps(request).encode()
    message = b"".join((_LENGTH.pack(len(header)), header, _LENGTH.pack(len(data)), data))
    # -P: a file called json.py beside the user's documents is not ours to run.
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "docqa.ingest.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        out, _ = child.communicate(message, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise Unreadable(
            f"reading took longer than {seconds:.0f} seconds", name, "Split the file, or print it to a new PDF"
        ) from error
    finally:
        if child.poll() is None:
            child.kill()
            child.communicate()
    if child.returncode == -_cpu_signal():
        raise Unreadable("reading took more processor time than its limit", name, "Split the file")
    if len(out) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack_from(out)
    body = out[_LENGTH.size :]
    return body if len(body) == length else None


def _cpu_signal() -> int:
    import signal

    return int(getattr(signal, "SIGXCPU", 0))


def main() -> int:
    """The child: limits itself, reads one request from stdin, writes one answer to stdout."""
    stdin, stdout = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What a library prints must not fall between the frames.
    os.dup2(2, 1)
    _limit()
    request = json.loads(_read_frame(stdin))
    data = _read_frame(stdin)
    answer = _answer(request, data)
    stdout.write(_LENGTH.pack(len(answer)) + answer)
    stdout.close()
    return 0


def _read_frame(stream: IO[bytes]) -> bytes:
    (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
    return stream.read(length)


def _answer(request: dict[str, Any], data: bytes) -> bytes:
    from .read import read
    from .serialize import to_json

    try:
        document = read(
            request["path"],
            password=request["password"],
            media_type=request["media_type"],
            data=data if request["has_data"] else None,
            pdfium=request["pdfium"],
            on_pages=_allow_pages,
        )
        return b"document\n" + to_json(document).encode("utf-8", "replace")
    except MemoryError:
        error = IngestError("reading it needs more than 2 GiB of memory", request["path"], "Split the file")
        return b"error\n" + _error_json("Unreadable", error)
    except IngestError as error:
        return b"error\n" + _error_json(type(error).__name__, error)


def _error_json(kind: str, error: IngestError) -> bytes:
    fields = {"kind": kind, "message": error.message, "path": error.path, "hint": error.hint}
    return json.dumps(fields).encode()


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows: the wall clock alone bounds the child
        return
    most = int(WORKER_CPU_SECONDS + WORKER_CPU_SECONDS_PER_PAGE * MAX_PAGES)
    for kind, limit in (
        (resource.RLIMIT_AS, (WORKER_MEMORY_BYTES, WORKER_MEMORY_BYTES)),
        (resource.RLIMIT_CPU, (WORKER_CPU_SECONDS, most)),
        (resource.RLIMIT_FSIZE, (WORKER_FILE_BYTES, WORKER_FILE_BYTES)),
        (resource.RLIMIT_CORE, (0, 0)),
    ):
        try:
            resource.setrlimit(kind, limit)
        except (ValueError, OSError):  # a platform without this limit, or one already stricter
            continue


def _allow_pages(pages: int) -> None:
    """Half a second of processor time for every page on top of the basic allowance."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = int(WORKER_CPU_SECONDS + WORKER_CPU_SECONDS_PER_PAGE * pages)
    resource.setrlimit(resource.RLIMIT_CPU, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


if __name__ == "__main__":
    sys.exit(main())
