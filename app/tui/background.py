"""The terminal before the interface draws: what is typed is kept, and whether it is dark is asked,
or in COLORFGBG.
"""

import os
import re
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

ASK_WITHIN_S = 0.3
_ASK = b"\x1b]11;?\x1b\\\x1b[c"  # every terminal answers the second question
_ATTRIBUTES = re.compile(rb"\x1b\[\?[\d;]*c")
_SILENT = ("dumb", "linux")
_COLOUR = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_WEIGHTS = (0.299, 0.587, 0.114)
_LIGHT_COLOURS = ("7", "15")
_REPLIES = re.compile(rb"\x1b\].*?(?:\x1b\\|\x07)|\x1b\[[?\d;]*[a-zA-Z]|\x1b.", re.DOTALL)
typed = bytearray()
"""Typed while the terminal was asked; the interface takes it."""


@contextmanager
def quiet_terminal(*, keep: bool = False) -> Iterator[None]:
    """What is typed meanwhile is not echoed, and waits; what nobody has read is dropped, unless it
    is to `keep`.
    """
    try:
        import termios
        import tty
    except ImportError:  # Windows
        yield
        return
    source = sys.stdin.fileno()
    before = termios.tcgetattr(source)
    tty.setcbreak(source, termios.TCSANOW)
    try:
        yield
    finally:
        termios.tcsetattr(source, termios.TCSANOW if keep else termios.TCSAFLUSH, before)


def is_light() -> bool:
    """Dark where nothing says so."""
    said = light_in(ask_terminal(_ASK)) if os.environ.get("TERM") not in _SILENT else None
    return (
        said
        if said is not None
        else os.environ.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT_COLOURS
    )


def light_in(reply: bytes) -> bool | None:
    """Whether the background that a terminal's `reply` names is light; None where it names none."""
    found = _COLOUR.search(reply)
    if found is None:
        return None
    parts = [int(part, 16) / (16 ** len(part) - 1) for part in found.groups()]
    return sum(weight * part for weight, part in zip(_WEIGHTS, parts)) > 0.5


def ask_terminal(question: bytes) -> bytes:
    """What the terminal answers within ASK_WITHIN_S to `question`, which ends in that for its
    attributes; "" without one, and on Windows."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.name == "nt":
        return b""
    try:
        with quiet_terminal(keep=True):
            os.write(sys.stdout.fileno(), question)
            return _answer(sys.stdin.fileno())
    except OSError:
        return b""


def _answer(source: int) -> bytes:
    answer = b""
    end = time.monotonic() + ASK_WITHIN_S
    while _ATTRIBUTES.search(answer) is None:
        left = end - time.monotonic()
        if left <= 0 or not select.select([source], [], [], left)[0]:
            break
        answer += os.read(source, 1_024)
    typed.extend(_REPLIES.sub(b"", answer))
    return answer
