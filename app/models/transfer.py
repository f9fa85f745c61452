"""How far a download is, on standard error."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from docqa.app.answer.events import ReadProgress
from docqa.app.output.progress import Progress, duration, size

_OVER_S = 10.0


class Transfer:
    """Shows bytes as they come: a bar on a terminal, else a line every ten seconds. Mutable; close it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, progress: Progress | None = None) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self._progress = progress or Progress()
        self._progress.line = self._line
        self._name = ""

    def on_progress(self, name: str, done: int, total: int) -> None:
        """`done` of `total` bytes are here, the newest of them of file `name`."""
        now = self._clock()
        self._seen.append((now, done))
        while now - self._seen[0][0] > _OVER_S:
            self._seen.popleft()
        self._name = name
        self._progress.update(ReadProgress(done, total, self._speed()))

    def close(self) -> None:
        self._progress.clear()

    def _speed(self) -> float:
        """Bytes a second over the last seconds, 0 before anything can be said."""
        (first, before), (last, now) = self._seen[0], self._seen[-1]
        return (now - before) / (last - first) if last > first else 0.0

    def _line(self, event: ReadProgress) -> str:
        parts = [f"{100 * event.done // max(event.total, 1)} %", f"{size(event.done)} of {size(event.total)}"]
        if event.tokens_per_second > 0:
            parts.append(f"{size(event.tokens_per_second)}/s")
            if event.done < event.total:
                parts.append(f"{duration((event.total - event.done) / event.tokens_per_second)} left")
        return ", ".join([*parts, self._name])
