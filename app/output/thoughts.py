"""What a model thinks before it answers, on standard error: dim on a terminal, and never between the results."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

# What could move the cursor or change colours; line ends stay, a thought has paragraphs.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class Thoughts:
    """Writes pieces as they come. `stream` is for tests. Mutable: knows whether a thought is open."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        colours = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._dim = colours and self._stream is not None and self._stream.isatty()
        self._open = self._at_line_start = False

    def show(self, text: str) -> None:
        """Write the next piece of a thought."""
        shown = _CONTROL.sub("", text)
        if not self._open:
            shown = shown.lstrip("\n")
        if not shown:
            return
        self._open, self._at_line_start = True, shown.endswith("\n")
        self._write(f"{_DIM}{shown}{_PLAIN}" if self._dim else shown)

    def end(self) -> None:
        """The thought is over: what follows begins on a line of its own."""
        if self._open and not self._at_line_start:
            self._write("\n")
        self._open = False

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            return
