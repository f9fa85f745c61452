"""The terminal before the interface draws: what is typed is not echoed, and whether it is light."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_LIGHT_COLOURS = ("7", "15")


@contextmanager
def quiet_terminal() -> Iterator[None]:
    """What is typed meanwhile is not echoed, and what nobody has read is dropped."""
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
        termios.tcsetattr(source, termios.TCSAFLUSH, before)


def is_light() -> bool:
    """Whether the terminal says in COLORFGBG that its background is light."""
    return os.environ.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT_COLOURS
