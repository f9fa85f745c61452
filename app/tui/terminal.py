"""What the terminal can show, found out before the interface starts: by its name, else by asking it, briefly.

Every terminal answers the question for its device attributes; one that knows sixel says 4 in the answer. A terminal
that does not answer in time gets no pictures.
"""

from __future__ import annotations

import os
import re
import select
import struct
import sys
import time
from collections.abc import Callable, Mapping

from docqa.app.tui.page.graphics import Terminal

ASK_WITHIN_S = 0.3
_QUESTION = b"\x1b[16t\x1b[c"  # the size of a cell, and device attributes: the answer to the second is the last
_ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")
_CELL = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
_KITTY = ("kitty", "ghostty")
_ITERM = ("iTerm.app", "WezTerm", "mintty")

Ask = Callable[[], bytes]


def detect(choice: str, environment: Mapping[str, str] = os.environ, ask: Ask | None = None) -> Terminal | None:
    """How pictures are shown here: as `choice` says (auto, off, or a protocol); None for not at all.

    `ask` asks the terminal; by default the one of this process.
    """
    if choice == "off" or environment.get("TERM", "dumb") == "dumb":
        return None
    named = choice if choice != "auto" else _by_name(environment)
    answer = (ask or ask_terminal)()
    attributes = _ATTRIBUTES.search(answer)
    if named is None and attributes is not None and b"4" in attributes[1].split(b";")[1:]:
        named = "sixel"
    if named is None:
        return None
    cell = _CELL.search(answer)
    width, height = (int(cell[2]), int(cell[1])) if cell else _cell_of_window() or (10, 20)
    return Terminal(named, max(width, 1), max(height, 1))


def _by_name(environment: Mapping[str, str]) -> str | None:
    """A multiplexer passes no pictures of these on, whatever it runs in; it is asked for sixel like any other."""
    if environment.get("TMUX") or environment.get("TERM", "").startswith(("screen", "tmux")):
        return None
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if environment.get("KITTY_WINDOW_ID") or any(name in term or name == program for name in _KITTY):
        return "kitty"
    return "iterm" if program in _ITERM else None


def _cell_of_window() -> tuple[int, int] | None:
    """Width and height of a cell in pixels, from what the kernel knows of the window."""
    import fcntl
    import termios

    try:
        packed = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
    except (OSError, ValueError):
        return None
    rows, columns, width, height = struct.unpack("HHHH", packed)
    return (width // columns, height // rows) if rows and columns and width and height else None


def ask_terminal() -> bytes:
    """What the terminal answers within ASK_WITHIN_S; empty where there is none or it says nothing."""
    import termios
    import tty

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return b""
    source = sys.stdin.fileno()
    before = termios.tcgetattr(source)
    try:
        tty.setcbreak(source, termios.TCSANOW)
        os.write(sys.stdout.fileno(), _QUESTION)
        return _answer(source)
    except OSError:
        return b""
    finally:
        termios.tcsetattr(source, termios.TCSANOW, before)


def _answer(source: int) -> bytes:
    answer, end = b"", time.monotonic() + ASK_WITHIN_S
    while _ATTRIBUTES.search(answer) is None:
        left = end - time.monotonic()
        if left <= 0 or not select.select([source], [], [], left)[0]:
            break
        answer += os.read(source, 1_024)
    return answer
