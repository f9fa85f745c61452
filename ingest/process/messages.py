"""Messages between a process that reads and its parent: frames over pipes, each behind its
length.
"""

import queue
import struct
import threading
from typing import IO

_LENGTH = struct.Struct(">Q")
_PIECE = 1 << 20  # bytes at a time: a length that a broken process made up allocates nothing


def send(stream: IO[bytes], message: bytes) -> None:
    """Writes a message. Raises OSError where nobody reads any more."""
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """The next message, however long it takes. Raises EOFError at the end, also within a
    message.
    """
    length: int = _LENGTH.unpack(_exactly(stream, _LENGTH.size))[0]
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        piece = stream.read(min(count - len(found), _PIECE))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


class Inbox:
    """The messages of a pipe, taken in by a thread: no system can wait with a limit on every kind
    of pipe.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._came: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def next(self, seconds: float) -> bytes | None:
        """The next message; None where none came in time. Raises EOFError at the end, also within a
        message.
        """
        try:
            message = self._came.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            return None
        if message is None:
            raise EOFError
        return message

    def close(self) -> None:
        """To be called once the other side has ended."""
        self._thread.join()
        self._stream.close()

    def _receive(self) -> None:
        try:
            while True:
                self._came.put(receive(self._stream))
        except (EOFError, OSError):
            self._came.put(None)
