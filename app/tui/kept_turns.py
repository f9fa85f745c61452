"""Questions and answers of a document as the interface shows them, kept in the history. No Textual here.

A document has one session of kind `tui` that grows whenever it is opened; `docqa history` finds and exports it too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docqa.app.errors import ResourceError
from docqa.app.history.cited_pages import cited_pages
from docqa.app.history.history import History, kept_documents, open_history, open_kept
from docqa.app.history.records import KeptSession, KeptTurn

if TYPE_CHECKING:
    from docqa.app.answer.answer import Answer
    from docqa.app.storage.store import Store
    from docqa.ingest.types import Document

INTERRUPTED = "Left before it was answered; r asks again."
_KIND = "tui"


@dataclass
class Turn:
    """One question. `state` is waiting, reading, preview, done, stopped or failed; `note` says why it has no answer.

    `scores` are (page, start, end, score) of passages.
    """

    question: str
    state: str = "waiting"
    answer: Answer | None = None
    note: str = ""
    scores: list[tuple[int, int, int, float]] = field(default_factory=list)

    @property
    def running(self) -> bool:
        return self.state in ("waiting", "reading", "preview")


@dataclass(frozen=True)
class Kept:
    """What is kept of one document: turns in order, and (page, offset) of the line that was at the top.

    `notices` say what was damaged and set aside.
    """

    turns: list[Turn]
    place: tuple[int, int]
    notices: tuple[str, ...] = ()


def save(store: Store, document: Document, turns: list[Turn], place: tuple[int, int]) -> None:
    """Write the turns; one that is under way is kept as stopped. Raises OSError when the disk refuses."""
    try:
        with open_history(store) as history:
            session = _session(history, document) or history.start(_KIND, kept_documents([document]), document.title)
            history.keep_all(session, [as_kept(turn, document) for turn in turns], place)
    except ResourceError as error:
        raise OSError(str(error)) from error


def load(store: Store, document: Document) -> Kept:
    """What is kept of `document`; nothing where there is no history or it cannot be used."""
    try:
        history = open_kept(store)
        if history is None:
            return Kept([], (1, 0))
        with history:
            session = _session(history, document)
            turns = history.turns(session) if session else []
            place = history.session(session).place if session else (1, 0)
            shown = [Turn(turn.question, turn.state, turn.answer, turn.note) for turn in turns]
            return Kept(shown, place, tuple(history.notices))
    except (ResourceError, OSError) as error:
        return Kept([], (1, 0), (str(error),))


def sessions(store: Store, notices: list[str] | None = None) -> list[KeptSession]:
    """The sessions of all documents, the last used first; none where the history cannot be used.

    What was damaged and set aside is added to `notices`: whoever opens the history next hears nothing of it.
    """
    try:
        history = open_kept(store)
        if history is None:
            return []
        with history:
            found = history.sessions(kind=_KIND)
            if notices is not None:
                notices += history.notices
            return found
    except (ResourceError, OSError):
        return []


def questions_by_path(store: Store, notices: list[str] | None = None) -> dict[str, int]:
    """How many questions are kept of each document, by its absolute path; `notices` as in `sessions`."""
    return {document.absolute: kept.questions for kept in sessions(store, notices) for document in kept.documents}


def _session(history: History, document: Document) -> int | None:
    found = history.sessions(kind=_KIND, document=document.id)
    return found[0].id if found else None


def as_kept(turn: Turn, document: Document) -> KeptTurn:
    """`turn` as the history has it, with the pages that it cites; one that is under way counts as stopped."""
    state, note = ("stopped", INTERRUPTED) if turn.running else (turn.state, turn.note)
    pages = cited_pages(turn.answer, [document])
    return KeptTurn(turn.question, time.time(), turn.answer, "", state, note, 0, pages)
