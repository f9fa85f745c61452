"""How far a download is, on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from docqa.app.answer.events import ReadProgress
from docqa.app.output.progress import Progress, duration, size


class Transfer(Progress):
    """Shows bytes as they come: a bar on a terminal, else a line every ten seconds. Mutable; clear it at the end."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream, clock)
        self._begun: tuple[float, int] | None = None
        self._name = ""

    def on_progress(self, name: str, done: int, total: int) -> None:
        """`done` of `total` bytes are here, the newest of them of file `name`."""
        now = self._clock()
        self._begun = self._begun or (now, done)
        passed = now - self._begun[0]
        self._name = name
        self.update(ReadProgress(done, total, (done - self._begun[1]) / passed if passed else 0.0))

    def line(self, event: ReadProgress) -> str:
        """Share, bytes, speed and time left, and the file."""
        parts = [f"{100 * event.done // max(event.total, 1)} %", f"{size(event.done)} of {size(event.total)}"]
        if event.tokens_per_second > 0:
            parts.append(f"{size(event.tokens_per_second)}/s")
            if event.done < event.total:
                parts.append(f"{duration((event.total - event.done) / event.tokens_per_second)} left")
        return ", ".join([*parts, self._name])
