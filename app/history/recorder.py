"""How a front end keeps its answers: one session for what is asked in one go. A disk that refuses
costs no answer. Cited pages are kept too: their file may be gone later."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from docqa.app.answer.answer import Answer, Cite
from docqa.app.answer.events import Event, Finished
from docqa.app.errors import ResourceError
from docqa.app.storage.store import Store
from docqa.ingest.types import Document

from .history import History, stored_documents
from .records import CitedPage, StoredTurn

WHOLE_PAGE = 12_000
"""Characters up to which a page is kept whole."""
AROUND = 2_000
"""Characters around a cite that are kept of a longer one."""


def make_turn(
    documents: Sequence[Document],
    question: str,
    answer: Answer | None,
    *,
    understood: str = "",
    state: str = "done",
    note: str = "",
) -> StoredTurn:
    """The turn of a question asked now, with the pages that its answer cites; `understood`: what it
    was taken to ask."""
    meant = understood or (answer.question if answer else "")
    meant = "" if meant == question.strip() else meant
    return StoredTurn(
        question, time.time(), answer, meant, state, note, 0, cited_pages(answer, documents)
    )


@dataclass
class Recorder:
    """Keeps turns over `documents` in `store` (None: nothing); `on_notice` gets once what went
    wrong. The `session` is one that goes on, or made with its first turn. Close it. Mutable."""

    store: Store | None
    kind: str
    documents: Sequence[Document]
    on_notice: Callable[[str], object]
    session: int | None = None
    history: History | None = None

    def watch(self, events: Iterable[Event]) -> Iterator[Event]:
        """Hand on the events of one question, and keep its answer after it was shown."""
        for event in events:
            yield event
            if isinstance(event, Finished):
                self.keep(make_turn(self.documents, event.answer.question, event.answer))

    def keep(self, turn: StoredTurn) -> None:
        if not self.store:
            return
        try:
            if self._is_forgotten_meanwhile(self.store):
                return
            if not self.history:
                self.history = History(self.store)
            documents = stored_documents(self.documents)
            if self.session is None or not self.history.keep(self.session, turn, documents):
                # forgotten meanwhile: begin anew
                self.session = self.history.start(self.kind, documents, turn.question)
                self.history.keep(self.session, turn)
            if self.session and self._is_forgotten_meanwhile(self.store):  # while it was written
                self.history.delete(self.session)
            while self.history.notices:
                self.on_notice(self.history.notices.pop(0))
        except (ResourceError, OSError) as error:
            self.store = None
            reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            self.on_notice(
                f"this answer and those that follow are not kept in the history: {reason}"
            )

    def _is_forgotten_meanwhile(self, store: Store) -> bool:
        if not store.forgotten(document.id for document in self.documents):
            return False
        self.on_notice(
            "`docqa forget` deleted this document meanwhile: no more answers are kept until you open it again"
        )
        self.store = None
        return True

    def close(self) -> None:
        if self.history:
            self.history.close()


def cited_pages(answer: Answer | None, documents: Sequence[Document]) -> tuple[CitedPage, ...]:
    """The pages that the quotes of `answer` cite, in the order of `documents`; of a long one the
    lines around each cite."""
    if not answer:
        return ()
    cites = [cite for quote in answer.quotes for cite in quote.cites]
    pages: list[CitedPage] = []
    for document in documents:
        for page in document.pages:
            place = (document.path, page.page)
            cited = [cite for cite in cites if (cite.file, cite.page or 1) == place]
            for start, end in _ranges_around_cites(page.text, cited):
                about = (document.id, document.path, cited[0].page, cited[0].label)
                pages.append(CitedPage(*about, start, page.text[start:end]))
    return tuple(pages)


def _ranges_around_cites(text: str, cites: list[Cite]) -> list[tuple[int, int]]:
    """The whole text where something of it is cited, or the lines around the cites, without
    overlap."""
    if len(text) <= WHOLE_PAGE:
        return [(0, len(text))] if cites else []
    ranges: list[tuple[int, int]] = []
    for cite in sorted(cites, key=lambda cite: cite.start):
        start = text.rfind("\n", 0, max(cite.start - AROUND, 0)) + 1
        end = text.find("\n", cite.end + AROUND) + 1 or len(text)
        if ranges and start <= ranges[-1][1]:
            start, _ = ranges.pop()
        ranges.append((start, end))
    return ranges
