"""What can happen while a document is read and a question answered: the map of every front end.

`Session.read` yields Notice and ReadProgress; `Session.ask` yields those, then at most one Preview, Token where the
model writes in its own words, DocumentAnswered where each document is asked by itself, and ends in Finished. A front
end that only wants the result may drop all but Finished.
"""

from __future__ import annotations

from dataclasses import dataclass

from docqa.app.answer.answer import Answer


@dataclass(frozen=True)
class ReadProgress:
    """Progress of a read, after a block. `done` counts reused tokens too, `kept`: what was read is on disk.
    `tokens_per_second` and `eta_seconds`: of a moving average, 0 and None before the first block."""

    done: int
    total: int
    tokens_per_second: float = 0.0
    eta_seconds: float | None = None
    reused: int = 0
    kept: bool = True


@dataclass(frozen=True)
class Preview:
    """A preliminary answer, from the passages that literal words find; status `partial`."""

    answer: Answer


@dataclass(frozen=True)
class Token:
    """A piece of what a model writes, unverified; `thought`: of its reasoning. It may begin anew after a Notice."""

    text: str
    thought: bool = False


@dataclass(frozen=True)
class Notice:
    """Something the reader should know; the work goes on."""

    message: str


@dataclass(frozen=True)
class DocumentAnswered:
    """What one document, at `path`, says to a question that each of several is asked, before all of them have been."""

    path: str
    answer: Answer


@dataclass(frozen=True)
class Finished:
    """The last event of a question."""

    answer: Answer


Event = ReadProgress | Preview | Token | Notice | DocumentAnswered | Finished
