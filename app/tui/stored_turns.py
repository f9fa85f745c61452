"""Questions, answers and annotations as the interface shows them, kept in the history: one session
of kind `tui` for a document, or several together."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from docqa.app.answer import events
from docqa.app.answer.answer import Answer
from docqa.app.errors import ResourceError
from docqa.app.history.history import History, open_if_stored, stored_documents
from docqa.app.history.recorder import cited_pages
from docqa.app.history.records import StoredAnnotation, StoredSession, StoredTurn
from docqa.app.history.rendering import write_export
from docqa.app.output.render import document_line
from docqa.app.storage.store import Store
from docqa.ingest.types import Document

INTERRUPTED = "Left before it was answered; Ctrl+R asks again."
_KIND = "tui"
T = TypeVar("T")


@dataclass
class ShownTurn:
    """One question. `state`: queued, waiting, reading, preview, done, stopped or failed; `note`:
    why it has no answer. `draft`: of the answer so far; `understood`: what a follow-up was taken
    to ask. `position` in the history, 0: not there yet; `is_loaded`: from there, and as it was."""

    question: str
    state: str = "waiting"
    answer: Answer | None = None
    note: str = ""
    draft: str = ""
    understood: str = ""
    position: int = 0
    is_loaded: bool = field(default=False, compare=False)

    @property
    def running(self) -> bool:
        return self.state in ("queued", "waiting", "reading", "preview")

    def take(self, event: events.Event | None) -> None:
        """Change as `event` says: an answer that replaces a preliminary one takes its place; None
        begins.
        """
        if not event and self.state == "queued":
            self.state = "waiting"
        elif isinstance(event, events.ReadProgress):
            self.state = "preview" if self.answer else "reading"
        elif isinstance(event, events.Preview):
            self.answer = event.answer
            self.state = "preview"
        elif isinstance(event, events.Finished):
            self.answer = event.answer
            self.state = "done"
            self.draft = ""
        elif isinstance(event, events.Token) and not event.thought:
            self.draft += event.text
        elif isinstance(event, events.DocumentAnswered):
            self.draft += document_line(event.path, event.answer) + "\n"
        elif isinstance(event, events.Notice):  # what is written may begin anew
            self.draft = ""


@dataclass(frozen=True)
class StoredTurns:
    """Turns in order, (page, offset) of the line at the top, and `notices` of what was damaged."""

    turns: list[ShownTurn] = field(default_factory=list)
    place: tuple[int, int] = (1, 0)
    notices: tuple[str, ...] = ()


def save(
    store: Store, documents: Sequence[Document], turns: list[ShownTurn], place: tuple[int, int]
) -> None:
    """Write the turns about `documents` that were asked here, next to those of other windows; one
    that is under way is kept as stopped, nothing of a document that `docqa forget` deleted
    meanwhile. Raises OSError."""
    own = [turn for turn in turns if not turn.is_loaded]
    kept = [stored_turn(turn, documents) for turn in own]
    positions = _write(
        store, documents, lambda history, session: history.keep_all(session, kept, place)
    )
    for turn, position in zip(own, positions or ()):
        turn.position = position


def load(store: Store | None, documents: Sequence[Document]) -> StoredTurns:
    """What is kept of `documents`, opened now; nothing where there is no history that can be
    used.
    """
    if not store:
        return StoredTurns()
    store.meet([each.id for each in documents])
    try:
        history = open_if_stored(store)
        if not history:
            return StoredTurns()
        with history:
            session = session_of(history, documents)
            shown = [shown_turn(turn) for turn in history.turns(session.id)] if session else []
            return StoredTurns(shown, session.place if session else (1, 0), tuple(history.notices))
    except (ResourceError, OSError) as error:
        return StoredTurns(notices=(str(error),))


def annotations_of(store: Store | None, document: Document) -> list[StoredAnnotation]:
    """The annotations of `document` in its order. Raises ResourceError or OSError."""
    history = open_if_stored(store) if store else None
    if not history:
        return []
    with history:
        session = session_of(history, [document])
        return history.annotations(session.id) if session else []


def store_annotation(
    store: Store | None, document: Document, annotation: StoredAnnotation
) -> StoredAnnotation:
    """Write `annotation` now, over the one with its id, as `save` does; returns it with its id."""
    number = _write(
        store, [document], lambda history, session: history.annotate(session, annotation)
    )
    return annotation if number is None else replace(annotation, id=number)


def delete_annotation(
    store: Store | None, document: Document, annotation: StoredAnnotation
) -> None:
    """Raises OSError."""
    _write(store, [document], lambda history, _: history.delete_annotation(annotation.id))


def _write(
    store: Store | None, documents: Sequence[Document], work: Callable[[History, int], T]
) -> T | None:
    ids = [each.id for each in documents]
    if not store or store.forgotten(ids):
        return None
    try:
        with History(store) as history:
            kept = session_of(history, documents)
            session = (
                kept.id
                if kept
                else history.start(_KIND, stored_documents(documents), documents[0].path)
            )
            done = work(history, session)
            if store.forgotten(ids):  # while it was written
                history.delete(session)
            return done
    except ResourceError as error:
        raise OSError(str(error)) from error


def export(
    path: str,
    documents: Sequence[Document],
    turns: list[ShownTurn],
    made: Sequence[StoredAnnotation] = (),
) -> str:
    """Write turns and the annotations `made` into a new file, as `write_export` does, whose errors
    it raises.
    """
    now = time.time()
    session = StoredSession(
        0, _KIND, documents[0].title, now, now, stored_documents(documents), len(turns)
    )
    return write_export(path, session, [stored_turn(turn, documents) for turn in turns], made)


def session_of(history: History, documents: Sequence[Document]) -> StoredSession | None:
    """The session of `documents` together; None where there is none yet."""
    ids = {each.id for each in documents}
    found = history.sessions(kind=_KIND, document=documents[0].id)
    return next(
        (session for session in found if {each.id for each in session.documents} == ids), None
    )


def shown_turn(kept: StoredTurn) -> ShownTurn:
    return ShownTurn(
        kept.question,
        kept.state,
        kept.answer,
        kept.note,
        understood=kept.understood,
        position=kept.position,
        is_loaded=True,
    )


def stored_turn(turn: ShownTurn, documents: Sequence[Document] = ()) -> StoredTurn:
    """`turn` as the history has it, with the pages that it cites; one that is under way counts as
    stopped.
    """
    pages = cited_pages(turn.answer, documents)
    state, note = ("stopped", INTERRUPTED) if turn.running else (turn.state, turn.note)
    return StoredTurn(
        turn.question, time.time(), turn.answer, turn.understood, state, note, turn.position, pages
    )
