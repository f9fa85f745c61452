"""Whether a terminal is light or dark: it is asked (OSC 11), and where it does not answer, COLORFGBG may say."""

from __future__ import annotations

import os
import re

from docqa.app.tui.page.graphics import ask_terminal

_ASK = b"\x1b]11;?\x1b\\\x1b[c"  # every terminal answers the second question, so that nobody waits for the first
_SILENT = ("dumb", "linux")
_COLOUR = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_WEIGHTS = (0.299, 0.587, 0.114)
_LIGHT_COLOURS = ("7", "15")


def is_light() -> bool:
    """Whether the terminal has a light background; dark where nothing says so."""
    said = light_in(ask_terminal(_ASK)) if os.environ.get("TERM") not in _SILENT else None
    return said if said is not None else os.environ.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT_COLOURS


def light_in(reply: bytes) -> bool | None:
    """Whether the background that a terminal's `reply` names is light; None where it names none."""
    found = _COLOUR.search(reply)
    if found is None:
        return None
    parts = [int(part, 16) / (16 ** len(part) - 1) for part in found.groups()]
    return sum(weight * part for weight, part in zip(_WEIGHTS, parts)) > 0.5
