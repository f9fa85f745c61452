"""Questions, answers and annotations of a document as the interface shows them, kept in the history. No Textual here.

A document has one session of kind `tui` that grows whenever it is opened; `docqa history` finds and exports it too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from docqa.app.answer import events
from docqa.app.errors import ResourceError
from docqa.app.history.history import History, kept_documents, open_kept
from docqa.app.history.markdown import write_export
from docqa.app.history.recorder import cited_pages
from docqa.app.history.records import KeptSession, KeptTurn

if TYPE_CHECKING:
    from docqa.app.answer.answer import Answer
    from docqa.app.history.records import Annotation
    from docqa.app.storage.store import Store
    from docqa.ingest.types import Document

INTERRUPTED = "Left before it was answered; Ctrl+R asks again."
_KIND = "tui"
T = TypeVar("T")


@dataclass
class Turn:
    """One question. `state` is queued, waiting, reading, preview, done, stopped or failed; `note` says why it has no
    answer.

    `scores` are (page, start, end, score) of passages. `draft`: what a model has written of the answer so far.
    `understood`: what a follow-up was taken to ask, empty where that is the question.
    """

    question: str
    state: str = "waiting"
    answer: Answer | None = None
    note: str = ""
    scores: list[tuple[int, int, int, float]] = field(default_factory=list)
    draft: str = ""
    understood: str = ""

    @property
    def running(self) -> bool:
        return self.state in ("queued", "waiting", "reading", "preview")

    def take(self, event: events.Event) -> None:
        """Change as `event` says: an answer that replaces a preliminary one takes its place."""
        if isinstance(event, events.ReadProgress):
            self.state = "preview" if self.answer is not None else "reading"
        elif isinstance(event, events.Preview):
            self.answer, self.state = event.answer, "preview"
        elif isinstance(event, events.Finished):
            self.answer, self.state, self.note, self.draft = event.answer, "done", "", ""
        elif isinstance(event, events.Token) and not event.thought:
            self.draft += event.text
        elif isinstance(event, events.Notice):  # what is written may begin anew
            self.draft = ""

    def restart(self) -> None:
        """Forget what an earlier attempt left."""
        self.state, self.answer, self.note, self.scores, self.draft = "waiting", None, "", [], ""
        self.understood = ""


@dataclass(frozen=True)
class KeptTurns:
    """What is kept of one document: turns in order, and (page, offset) of the line that was at the top.

    `notices` say what was damaged and set aside.
    """

    turns: list[Turn] = field(default_factory=list)
    place: tuple[int, int] = (1, 0)
    notices: tuple[str, ...] = ()


def save(store: Store, document: Document, turns: list[Turn], place: tuple[int, int]) -> None:
    """Write the turns; one that is under way is kept as stopped. Raises OSError when the disk refuses.

    Nothing is kept of a document that `docqa forget` deleted after it was opened.
    """
    kept = [as_kept(turn, document) for turn in turns]
    _write(store, document, lambda history, session: history.keep_all(session, kept, place))


def load(store: Store | None, document: Document) -> KeptTurns:
    """What is kept of `document`, which is opened now; nothing where there is no history or it cannot be used."""
    if store is None:
        return KeptTurns()
    store.meet([document.id])
    try:
        history = open_kept(store)
        if history is None:
            return KeptTurns()
        with history:
            session = session_of(history, document)
            turns = history.turns(session.id) if session else []
            shown = [shown_turn(turn) for turn in turns]
            return KeptTurns(shown, session.place if session else (1, 0), tuple(history.notices))
    except (ResourceError, OSError) as error:
        return KeptTurns(notices=(str(error),))


def annotations_of(store: Store | None, document: Document) -> list[Annotation]:
    """The annotations of `document` in its order. Raises ResourceError or OSError where the history cannot be used."""
    history = open_kept(store) if store is not None else None
    if history is None:
        return []
    with history:
        session = session_of(history, document)
        return history.annotations(session.id) if session is not None else []


def keep_annotation(store: Store | None, document: Document, annotation: Annotation) -> Annotation:
    """Write `annotation` now, over the one with its id where it has one; returns it with its id.

    Nothing is kept without a store, nor of a document that `docqa forget` deleted after it was opened. Raises OSError.
    """
    if store is None:
        return annotation
    number = _write(store, document, lambda history, session: history.annotate(session, annotation))
    return annotation if number is None else replace(annotation, id=number)


def delete_annotation(store: Store | None, annotation: Annotation) -> None:
    """Delete `annotation` from what is kept. Raises OSError."""
    try:
        history = open_kept(store) if store is not None else None
        if history is not None:
            with history:
                history.delete_annotation(annotation.id)
    except ResourceError as error:
        raise OSError(str(error)) from error


def _write(store: Store, document: Document, work: Callable[[History, int], T]) -> T | None:
    """What `work` returns, which writes into the session of `document`; None where it was forgotten. Raises OSError."""
    if store.forgotten([document.id]):
        return None
    try:
        with History(store) as history:
            session = begun(history, document)
            done = work(history, session)
            if store.forgotten([document.id]):  # while it was written
                history.delete(session)
            return done
    except ResourceError as error:
        raise OSError(str(error)) from error


def export(path: str, document: Document, turns: list[Turn], annotations: Sequence[Annotation] = ()) -> str:
    """Write questions, answers and `annotations` into a new file, as `write_export` does, whose errors it raises."""
    now = time.time()
    session = KeptSession(0, _KIND, document.title, now, now, kept_documents([document]), len(turns))
    return write_export(path, session, [as_kept(turn, document) for turn in turns], annotations)


def session_of(history: History, document: Document) -> KeptSession | None:
    """The session of `document`; None where there is none yet."""
    return next(iter(history.sessions(kind=_KIND, document=document.id)), None)


def begun(history: History, document: Document) -> int:
    """The number of the session of `document`, which is begun where there is none yet."""
    kept = session_of(history, document)
    return kept.id if kept else history.start(_KIND, kept_documents([document]), document.title)


def shown_turn(kept: KeptTurn) -> Turn:
    """A turn of the history as the interface shows it."""
    return Turn(kept.question, kept.state, kept.answer, kept.note, understood=kept.understood)


def as_kept(turn: Turn, document: Document) -> KeptTurn:
    """`turn` as the history has it, with the pages that it cites; one that is under way counts as stopped."""
    pages = cited_pages(turn.answer, [document])
    state, note = ("stopped", INTERRUPTED) if turn.running else (turn.state, turn.note)
    return KeptTurn(turn.question, time.time(), turn.answer, turn.understood, state, note, 0, pages)
