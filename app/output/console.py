"""What the terminal shows of a session's events: results on standard output, all else on standard
error.
"""

import os
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TextIO

from docqa.app import report
from docqa.app.answer import events
from docqa.app.answer.answer import Answer

from . import render
from .progress import Progress, is_live, write_now

_DIM = "\x1b[2m"
_PLAIN = "\x1b[0m"


def has_colours(stream: TextIO | None) -> bool:
    """Whether what is written to `stream` may have colours: a terminal that has them, without
    NO_COLOR.
    """
    return is_live(stream) and not os.environ.get("NO_COLOR")


class Thoughts:
    """What a model thinks: dim on a terminal, never between results. Mutable."""

    def __init__(self) -> None:
        self._dim = has_colours(sys.stderr)
        self._open = self._at_line_start = False

    def show(self, text: str) -> None:
        shown = render.CONTROL.sub("", text)  # a thought has paragraphs
        if not self._open:
            shown = shown.lstrip("\n")
        if not shown:
            return
        self._open = True
        self._at_line_start = shown.endswith("\n")
        write_now(sys.stderr, f"{_DIM}{shown}{_PLAIN}" if self._dim else shown)

    def end(self) -> None:
        if self._open and not self._at_line_start:
            write_now(sys.stderr, "\n")
        self._open = False


class LiveDraft:
    """What a model writes, on a terminal, until the checked answer takes its place. Mutable."""

    def __init__(self) -> None:
        self._live = is_live(sys.stderr) and is_live(sys.stdout)
        self._shown = ""

    def show(self, text: str) -> None:
        piece = render.CONTROL.sub("", text)
        if self._live and (piece := piece if self._shown else piece.lstrip()):
            self._shown += piece
            write_now(sys.stderr, piece)

    def end(self, *, erase: bool) -> None:
        """No more comes; `erase` takes it from the screen."""
        if not self._shown:
            return
        rows = self._screen_rows_used()
        erased = f"\r\x1b[{rows - 1}A\x1b[J" if rows > 1 else "\r\x1b[J"
        write_now(sys.stderr, erased if erase and rows else "\n")
        self._shown = ""

    def _screen_rows_used(self) -> int:
        """Rows of the screen; 0 where that is not known, or it does not fit."""
        size = shutil.get_terminal_size()
        if any(unicodedata.east_asian_width(character) in "WF" for character in self._shown):
            return 0
        rows = sum(
            max(1, -(-len(line) // size.columns)) for line in self._shown.expandtabs().split("\n")
        )
        return rows if rows < size.lines else 0


@dataclass(kw_only=True)
class Screen:
    """Renders the events of one context of `files` documents, which `heading` names where several
    contexts are asked; `several`: so are several questions.

    `thoughts`: what a model thinks is shown. `known`: notices that were shown before. `collect`:
    gets the answers, which are then not printed. `unsupported`: what nothing bears out is printed,
    apart. Mutable.
    """

    as_json: bool = False
    heading: str = ""
    several: bool = False
    thoughts: bool = False
    files: int = 1
    known: Iterable[str] = ()
    collect: Callable[[Answer], object] | None = None
    unsupported: bool = False
    _progress: Progress | None = None

    def __post_init__(self) -> None:
        self._warned = set(self.known)
        self._thoughts = Thoughts() if self.thoughts else None
        self._draft = None if self.as_json else LiveDraft()

    def show(self, stream: Iterable[events.Event]) -> int:
        """Show all events of one question; returns its exit code."""
        code = report.ANSWERED
        for event in stream:
            if isinstance(event, events.Finished):
                self.close(answered=True)
                self._show_final_answer(event.answer)
                code = event.answer.exit_code
            elif isinstance(event, events.Preview):
                self.close()
                if not self.as_json and not self.collect:
                    report.result(render.preview_text(event.answer, self.files) + "\n")
            elif isinstance(event, events.DocumentAnswered):
                self.close()
                if self._draft and not self.collect and is_live(sys.stdout):
                    report.note(render.document_line(event.path, event.answer))
            else:
                self.progress(event)
        return code

    def progress(self, event: events.Event) -> None:
        """Show a ReadProgress, a Notice, what a model writes, or what it thinks where that is
        wanted.
        """
        if isinstance(event, events.Token):
            self._show_token(event)
            return
        if self._thoughts:
            self._thoughts.end()
        if self._draft:
            self._draft.end(erase=True)
        if isinstance(event, events.ReadProgress):
            self._progress = self._progress or Progress()
            self._progress.update(event)
            if event.done >= event.total:
                self._progress.finish(kept=event.kept)
                self._progress = None
        elif isinstance(event, events.Notice) and event.message not in self._warned:
            self._warned.add(event.message)
            self.close()
            report.warn(event.message)

    def _show_token(self, event: events.Token) -> None:
        shown = self._thoughts if event.thought else self._draft
        if not shown:
            return
        if self._progress:
            self._progress.clear()
        if self._thoughts and not event.thought:
            self._thoughts.end()
        shown.show(event.text)

    def close(self, *, answered: bool = False) -> None:
        """Leave the line to others; `answered`: the answer takes the place of what was written so
        far.
        """
        if self._progress:
            self._progress.clear()
        if self._thoughts:
            self._thoughts.end()
        if self._draft:
            self._draft.end(erase=answered)

    def _show_final_answer(self, answer: Answer) -> None:
        if self.collect:
            self.collect(answer)
            return
        if self.as_json:
            report.result(render.json_line(answer))
            return
        if self.heading:
            report.result(f"== {render.printable(self.heading)}")
        if self.several:
            report.result(f"> {render.printable(answer.question)}")
        text = render.answer_text(answer, files=self.files, unsupported=self.unsupported)
        report.result(text + ("\n" if self.heading or self.several else ""))
