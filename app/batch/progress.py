"""How a batch goes on, on standard error: a bar that redraws on a terminal, else a line every ten seconds at most."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TextIO

from docqa.app import report
from docqa.app.answer.events import Event, Notice, ReadProgress
from docqa.app.output.progress import LINE_EVERY_S, REDRAW_EVERY_S, bar, duration
from docqa.app.output.render import printable

if TYPE_CHECKING:
    from docqa.app.batch.items import Task
    from docqa.app.batch.work import Outcome


class BatchProgress:
    """A Monitor. `total` documents, of which `before` are settled; `stream` and `clock` are for tests. Mutable.

    `known` are warnings about the whole run, which no document repeats; `planned` the seconds that units are to take.
    """

    def __init__(
        self,
        total: int,
        before: int,
        seconds: float,
        planned: Mapping[str, float] | None = None,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total, self._settled, self._planned = total, before, seconds
        self._units = dict(planned or {})
        self._ahead = self._all = sum(self._units.values())
        self.known: set[str] = set()
        self._before, self._failed = before, 0
        self._stream = stream if stream is not None else sys.stderr
        self._clock = clock
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._started = self._shown_at = clock()
        self._working: list[str] = []
        self._share = ""
        self._width = 0

    def started(self, unit: Task) -> None:
        self._working.append(unit.item.given)
        self._share = ""
        self._show()

    def ended(self, unit: Task, outcome: Outcome | None) -> None:
        if unit.item.given in self._working:
            self._working.remove(unit.item.given)
        self._settled += len(unit.paths)
        self._ahead -= self._units.pop(unit.key, 0.0)
        self._share = ""
        if outcome is not None and outcome.failure is not None:
            self._failed += len(unit.paths)
            self.clear()
            report.note(f"docqa: {printable(outcome.failure.told(unit.item.given))}")
        self._show()

    def told(self, event: Event) -> None:
        """An event of reading the one document that is under way."""
        if isinstance(event, ReadProgress):
            self._share = f" {100 * event.done // max(event.total, 1)} %"
            self._show()
        elif isinstance(event, Notice) and event.message not in self.known:
            self.warn(self._working[-1] if self._working else "", event.message)

    def warn(self, path: str, message: str) -> None:
        """Something to know about the document at `path`."""
        self.clear()
        report.warn(f"{printable(path)}: {printable(message)}")

    def clear(self) -> None:
        """Leave the line to others."""
        if self._live and self._width:
            self._write("\r" + " " * self._width + "\r")
            self._width = 0

    def _show(self) -> None:
        now = self._clock()
        if now - self._shown_at < (REDRAW_EVERY_S if self._live else LINE_EVERY_S):
            return
        self._shown_at = now
        line = self._line(now)
        if self._live:
            line = f"{bar(ReadProgress(self._settled, self._total))} {line}"[
                : max(20, shutil.get_terminal_size().columns - 1)
            ]
            self._write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._write(f"docqa: {line}\n")

    def _line(self, now: float) -> str:
        parts = [f"{self._settled:,} of {self._total:,} documents"]
        if self._failed:
            parts.append(f"{self._failed:,} failed")
        done, whole = self._all - self._ahead, self._all
        if not whole:
            done, whole = float(self._settled - self._before), float(self._total - self._before)
        if done > 0:
            parts.append(f"{duration((whole - done) * (now - self._started) / done)} left")
        elif self._planned > now - self._started:
            parts.append(f"about {duration(self._planned - (now - self._started))} left")
        if self._working:
            parts.append(printable(self._working[0]) + self._share)
        return ", ".join(parts)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            self._live = False
