"""A process that works for this one, of ingest and of batches: started here, and spoken to in
messages over its standard input and output, each after its length."""

import os
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, Any

_LENGTH = struct.Struct(">Q")
_PIECE = 1 << 20  # bytes at a time: a length that a broken process made up allocates nothing


def start_child(module: str, windows_flags: int = 0, **options: Any) -> subprocess.Popen[bytes]:
    """A new process that runs `module`; Ctrl+C reaches this process alone. `options` of Popen."""
    return subprocess.Popen(
        # -P: a file called json.py beside the user's documents is not ours to run.
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        creationflags=windows_flags,
        **options,
    )


def pipes_of_child() -> tuple[IO[bytes], IO[bytes]]:
    """In such a process: where messages come from, and where they go. What a library prints goes to
    standard error instead of between them."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return incoming, outgoing


def send(stream: IO[bytes], message: bytes) -> None:
    """Writes a message. Raises OSError where nobody reads any more."""
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """The next message, however long it takes. Raises EOFError at the end, also within a
    message.
    """
    length: int = _LENGTH.unpack(_receive_exactly(stream, _LENGTH.size))[0]
    return _receive_exactly(stream, length)


def _receive_exactly(stream: IO[bytes], count: int) -> bytes:
    received = bytearray()
    while len(received) < count:
        piece = stream.read(min(count - len(received), _PIECE))
        if not piece:
            raise EOFError
        received += piece
    return bytes(received)


class Inbox:
    """The messages of a pipe, taken in by a thread, which calls `on_end` after the last: no system
    can wait with a limit on every kind of pipe."""

    def __init__(self, stream: IO[bytes], on_end: Callable[[], object] = int) -> None:
        self._stream = stream
        self._on_end = on_end
        self._came: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._receive_messages, daemon=True)
        self._thread.start()

    def next(self, seconds: float) -> bytes | None:
        """The next message; None where none came in time. Raises EOFError at the end, also within a
        message.
        """
        try:
            return self.wait(max(seconds, 0.0))
        except queue.Empty:
            return None

    def wait(self, seconds: float | None = None) -> bytes:
        """The next message, however long it takes without `seconds`. Raises EOFError, queue.Empty."""
        message = self._came.get(timeout=seconds)
        if message is None:
            raise EOFError
        return message

    def close(self) -> None:
        """To be called once the other side has ended."""
        self._thread.join()
        self._stream.close()

    def _receive_messages(self) -> None:
        try:
            while True:
                self._came.put(receive(self._stream))
        except (EOFError, OSError):
            self._came.put(None)
            self._on_end()
