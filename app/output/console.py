"""What the terminal shows of a session's events: results on standard output, all else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from docqa.app import report
from docqa.app.answer import events
from docqa.app.output import render
from docqa.app.output.progress import Progress

if TYPE_CHECKING:
    from docqa.app.answer.answer import Answer

_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class Thoughts:
    """What a model thinks before it answers, piece by piece: dim on a terminal, and never between the results.

    `stream` is for tests. Mutable: knows whether a thought is open.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        colours = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._dim = colours and self._stream is not None and self._stream.isatty()
        self._open = self._at_line_start = False

    def show(self, text: str) -> None:
        """Write the next piece of a thought."""
        shown = render.CONTROL.sub("", text)  # line ends stay, a thought has paragraphs
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
        if self._stream is not None:
            with suppress(BrokenPipeError):
                self._stream.write(text)
                self._stream.flush()


class Screen:
    """Renders the events of one context of `files` documents. `heading` names them before their answers, where several
    contexts are asked; `several`: so are several questions.

    `thoughts`: what a model thinks before it answers is shown, dim, on standard error.
    """

    def __init__(
        self, *, as_json: bool = False, heading: str = "", several: bool = False, thoughts: bool = False, files: int = 1
    ) -> None:
        self._as_json, self._heading, self._several, self._files = as_json, heading, several, files
        self._progress: Progress | None = None
        self._warned: set[str] = set()
        self._thoughts = Thoughts() if thoughts else None

    def show(self, stream: Iterable[events.Event]) -> int:
        """Show all events of one question; returns its exit code."""
        code = report.ANSWERED
        for event in stream:
            if isinstance(event, events.Finished):
                self.close()
                self._finished(event.answer)
                code = event.answer.exit_code
            elif isinstance(event, events.Preview):
                self.close()
                if not self._as_json:
                    report.result(render.preview_text(event.answer, self._files) + "\n")
            else:
                self.progress(event)
        return code

    def progress(self, event: events.Event) -> None:
        """Show a ReadProgress, a Notice, or what a model thinks where that is wanted."""
        if isinstance(event, events.Token):
            if event.thought and self._thoughts is not None:
                if self._progress is not None:
                    self._progress.clear()
                self._thoughts.show(event.text)
            return
        if self._thoughts is not None:
            self._thoughts.end()
        if isinstance(event, events.ReadProgress):
            self._progress = self._progress or Progress()
            self._progress.update(event)
            if event.done >= event.total:
                self._progress.finish(kept=event.kept)
                self._progress = None
        elif isinstance(event, events.Notice) and event.message not in self._warned:
            self._warned.add(event.message)
            self.close()
            report.warn(render.printable(event.message))

    def close(self) -> None:
        """Leave the line to others."""
        if self._progress is not None:
            self._progress.clear()
        if self._thoughts is not None:
            self._thoughts.end()

    def _finished(self, answer: Answer) -> None:
        if self._as_json:
            report.result(render.json_line(answer))
            return
        if self._heading:
            report.result(f"== {render.printable(self._heading)}")
        if self._several:
            report.result(f"> {render.printable(answer.question)}")
        text = render.answer_text(answer, files=self._files)
        report.result(text + ("\n" if self._heading or self._several else ""))
