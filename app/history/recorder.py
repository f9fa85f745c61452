"""How a front end keeps its answers: one session for what is asked in one go. A disk that refuses costs no answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from docqa.app.answer.events import Event, Finished
from docqa.app.errors import ResourceError
from docqa.app.history.cited_pages import cited_pages
from docqa.app.history.history import History, kept_documents
from docqa.app.history.records import KeptTurn

if TYPE_CHECKING:
    from docqa.app.answer.answer import Answer
    from docqa.app.storage.store import Store
    from docqa.ingest.types import Document


def made_turn(
    documents: Sequence[Document], question: str, answer: Answer | None, *, understood: str = "", state: str = "done",
    note: str = "",
) -> KeptTurn:  # fmt: skip
    """The turn of a question that is asked now, with the pages that its answer cites; `understood`: what it was taken
    to ask, where the answer does not say."""
    meant = understood or (answer.question if answer is not None else "")
    meant = "" if meant == question.strip() else meant
    return KeptTurn(question, time.time(), answer, meant, state, note, 0, cited_pages(answer, documents))


class Recorder:
    """Keeps turns over `documents` in `store`; with `store` None it keeps nothing.

    `on_notice` gets what went wrong, once. The session is made with its first turn, or is `resume`. Close it.
    """

    def __init__(
        self, store: Store | None, kind: str, documents: Sequence[Document], on_notice: Callable[[str], object], *,
        resume: int | None = None,
    ) -> None:  # fmt: skip
        self.session = resume
        self._store, self._kind, self._documents, self._on_notice = store, kind, documents, on_notice
        self._history: History | None = None

    def watch(self, events: Iterable[Event]) -> Iterator[Event]:
        """Hand on the events of one question, and keep its answer after it was shown."""
        for event in events:
            yield event
            if isinstance(event, Finished):
                self.keep(made_turn(self._documents, event.answer.question, event.answer))

    def keep(self, turn: KeptTurn) -> None:
        """Write one turn behind those of its session."""
        if self._store is None:
            return
        try:
            if self._forgotten(self._store):
                return
            if self._history is None:
                self._history = History(self._store)
            self._write(self._history, turn)
            if self.session is not None and self._forgotten(self._store):  # while it was written
                self._history.delete(self.session)
            while self._history.notices:
                self._on_notice(self._history.notices.pop(0))
        except (ResourceError, OSError) as error:
            self._store = None
            reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            self._on_notice(f"this answer and those that follow are not kept in the history: {reason}")

    def _forgotten(self, store: Store) -> bool:
        """Whether `docqa forget` was run on a document since it was opened: then no more is kept."""
        if not store.forgotten(document.id for document in self._documents):
            return False
        self._on_notice(
            "`docqa forget` deleted this document meanwhile: no more answers are kept until you open it again"
        )
        self._store = None
        return True

    def close(self) -> None:
        if self._history is not None:
            self._history.close()

    def _write(self, history: History, turn: KeptTurn) -> None:
        documents = kept_documents(self._documents)
        if self.session is None or not history.keep(self.session, turn, documents):  # forgotten meanwhile: begin anew
            self.session = history.start(self._kind, documents, turn.question)
            history.keep(self.session, turn)
