"""Marks on a text as HTML: every span between tags of its own, nested where they overlap, and all of it escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

# What could reorder or hide text in a browser as in a terminal; line ends and tabs stay.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class Mark:
    """Characters `start:end` of a text, between the HTML `opening` and `closing`."""

    start: int
    end: int
    opening: str
    closing: str


def escaped(text: str) -> str:
    """`text` for HTML, in content or in an attribute; what a reader cannot see is left out."""
    return html.escape(_UNSEEN.sub("", text)).encode("utf-8", "replace").decode("utf-8")


def marked(text: str, marks: Sequence[Mark], continued: tuple[str, str] = ("<mark>", "</mark>")) -> str:
    """`text` escaped, with its marks.

    A mark that reaches out of another is closed at its end and goes on behind it between `continued`.
    """
    pieces: list[str] = []
    open_marks: list[Mark] = []
    inside = [
        mark for mark in reversed(marks) if 0 <= mark.start < mark.end <= len(text)
    ]  # of equals the first closes first
    waiting = sorted(inside, key=lambda mark: (mark.start, -mark.end))
    at = 0
    while waiting or open_marks:
        closes = open_marks[-1].end if open_marks else len(text) + 1
        opens = waiting[0].start if waiting else len(text) + 1
        if closes <= opens:
            pieces.append(escaped(text[at:closes]) + open_marks.pop().closing)
            at = closes
            continue
        mark = waiting.pop(0)
        pieces.append(escaped(text[at:opens]) + mark.opening)
        at = opens
        if open_marks and mark.end > closes:
            rest = Mark(closes, mark.end, *continued)
            waiting = sorted([*waiting, rest], key=lambda mark: (mark.start, -mark.end))
            mark = Mark(mark.start, closes, mark.opening, mark.closing)
        open_marks.append(mark)
    return "".join(pieces) + escaped(text[at:])
