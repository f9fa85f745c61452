"""Progress of a read on standard error: a bar on a terminal, else one line every ten seconds at
most.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from docqa.app.answer.events import ReadProgress

LINE_EVERY_S = 10.0
REDRAW_EVERY_S = 0.1
SAY_INSTANT_AFTER_S = 10.0


def is_live(stream: TextIO | None) -> bool:
    """Whether what is written to `stream` is seen at once, and can be erased."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def write_now(stream: TextIO | None, text: str) -> None:
    """Write `text` at once; a stream that is closed loses it."""
    if stream:
        with suppress(BrokenPipeError):
            stream.write(text)
            stream.flush()


class ProgressLine:
    """One line about how work goes on: redrawn beside a bar on a terminal, else every ten seconds
    at most. Mutable.
    """

    def __init__(self) -> None:
        self.live = is_live(sys.stderr)
        self._started = time.monotonic()
        self._shown_at: float | None = None
        self._width = 0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def show(self, event: ReadProgress, text: Callable[[], str], *, at_once: bool = False) -> None:
        """Show `text` and a bar for `event` when it is time; with `at_once` a terminal shows them
        now.
        """
        now = time.monotonic()
        every = REDRAW_EVERY_S if self.live else LINE_EVERY_S
        since = now - (self._shown_at if self._shown_at is not None else self._started)
        if since < every and not (self.live and at_once):
            return
        self._shown_at = now
        if self.live:
            line = f"{progress_bar(event)} {text()}"[
                : max(20, shutil.get_terminal_size().columns - 1)
            ]
            self.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self.write(text() + "\n")

    def clear(self) -> None:
        if self.live and self._width:
            self.write("\r" + " " * self._width + "\r")
            self._width = 0

    def write(self, text: str) -> None:
        write_now(sys.stderr, text)


class Progress(ProgressLine):
    def line(self, event: ReadProgress) -> str:
        return prefill_progress_line(event)

    def update(self, event: ReadProgress) -> None:
        at_once = event.done >= event.total or self._shown_at is None
        self.show(event, lambda: self.line(event), at_once=at_once)

    def finish(self, *, kept: bool = True) -> None:
        """The read is over; after a long one that is `kept` say what it was good for."""
        self.clear()
        if kept and self._shown_at is not None and self.seconds > SAY_INSTANT_AFTER_S:
            self.write("Read; later questions on this document start at once.\n")


def progress_bar(event: ReadProgress) -> str:
    """`[######..................]`, filled by the share of tokens done."""
    return f"[{'#' * (24 * event.done // max(event.total, 1)):.<24}]"


def filled_bar(share: float, width: int) -> str:
    """A bar of `width` cells, `share` of them full; more than nothing fills at least one."""
    cells = min(max(round(width * share), 1 if share > 0 else 0), width)
    return "█" * cells + "░" * (width - cells)


def prefill_progress_line(event: ReadProgress) -> str:
    parts = [
        f"read {100 * event.done // max(event.total, 1)} %",
        f"{event.done:,} of {event.total:,} tokens",
    ]
    if event.reused:
        parts.append(f"{event.reused:,} reused")
    if event.tokens_per_second:
        parts.append(f"{event.tokens_per_second:,.0f} tokens/s")
    if event.eta_seconds is not None and event.done < event.total:
        parts.append(f"{duration_text(event.eta_seconds)} left")
    return ", ".join(parts)


def duration_text(seconds: float) -> str:
    """`8 s`, `3 min 05 s`, `2 h 10 min`: short and not too exact."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size_text(count: float) -> str:
    """`812 B`, `1.5 MiB`, `2.0 GiB`."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
