"""`docqa tui` in a terminal that nobody looks at: how long until its first frame."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence

from docqa.ingest.process.processor_time import processor_seconds

SIZE = (40, 120)  # rows, columns
_ASKED, _ATTRIBUTES = b"\x1b[c", b"\x1b[?62;22c"  # what every terminal is asked, and answers: it is one with colours
_DRAWN = b"Enter opens"
_GIVE_UP_S = 60.0


class NoTerminal(Exception):
    """This system has no terminals of its own making."""


def first_frame(arguments: Sequence[str], cache: str) -> tuple[float, float]:
    """Seconds from the start of `docqa tui ARGUMENTS` until its documents are drawn, by the clock and of the processor.

    Raises NoTerminal on Windows, TimeoutError where nothing is drawn.
    """
    try:
        import fcntl
        import pty
        import struct
        import termios
    except ImportError as error:
        raise NoTerminal("this system has no pseudo-terminals") from error
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "DOCQA_CACHE_DIR": cache}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "docqa.app", "tui", *arguments], stdin=inner, stdout=inner, stderr=inner,
        start_new_session=True, env=environment,
    )  # fmt: skip
    os.close(inner)
    try:
        _answer_until_drawn(terminal, started + _GIVE_UP_S)
        return time.perf_counter() - started, processor_seconds(process.pid) or 0.0
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def _answer_until_drawn(terminal: int, end: float) -> None:
    shown = b""
    answered = 0
    while _DRAWN not in shown:
        left = end - time.perf_counter()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            raise TimeoutError(f"docqa tui has drawn nothing after {_GIVE_UP_S:g} s")
        shown += os.read(terminal, 65_536)
        asked = shown.count(_ASKED)
        os.write(terminal, _ATTRIBUTES * (asked - answered))
        answered = asked
