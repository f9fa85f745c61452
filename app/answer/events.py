"""What can happen while a document is read and a question answered. `Session.read` yields Notice
and ReadProgress; `Session.ask` those, at most one Preview, Token where the model writes,
DocumentAnswered where each document is asked by itself, and Finished, all that a front end
needs."""

from collections.abc import Callable
from dataclasses import dataclass

from .answer import Answer


@dataclass(frozen=True)
class ReadProgress:
    """Progress of a read, after a block. `done` counts reused tokens too; `kept`: on disk.
    `tokens_per_second` and `eta_seconds` are of a moving average, 0 and None before the first
    block."""

    done: int
    total: int
    tokens_per_second: float = 0.0
    eta_seconds: float | None = None
    reused: int = 0
    kept: bool = True


@dataclass(frozen=True)
class Preview:
    """A preliminary answer, from passages found by literal words; status `partial`."""

    answer: Answer


@dataclass(frozen=True)
class Token:
    """A piece of what a model writes, unverified; `thought`: of its reasoning. It may begin anew
    after a Notice.
    """

    text: str
    thought: bool = False


@dataclass(frozen=True)
class Notice:
    """Something the reader should know; the work goes on."""

    message: str


@dataclass(frozen=True)
class DocumentAnswered:
    """What the document at `path`, one of several, says to a question, before all have been
    asked.
    """

    path: str
    answer: Answer


@dataclass(frozen=True)
class Finished:
    """The last event of a question."""

    answer: Answer


Event = ReadProgress | Preview | Token | Notice | DocumentAnswered | Finished
OnEvent = Callable[[Event], None]
