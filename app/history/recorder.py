"""How a front end keeps its answers: one session for what is asked in one go. A disk that refuses
costs no answer. Cited pages are kept too: their file may be gone later."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from docqa.app.answer.answer import Answer, Cite
from docqa.app.answer.events import Event, Finished
from docqa.app.errors import ResourceError
from docqa.app.history.history import History, kept_documents
from docqa.app.history.records import CitedPage, KeptTurn
from docqa.app.storage.store import Store
from docqa.ingest.types import Document

WHOLE_PAGE = 12_000
"""Characters up to which a page is kept whole."""
AROUND = 2_000
"""Characters around a cite that are kept of a longer one."""


def made_turn(
    documents: Sequence[Document],
    question: str,
    answer: Answer | None,
    *,
    understood: str = "",
    state: str = "done",
    note: str = "",
) -> KeptTurn:
    """The turn of a question asked now, with the pages that its answer cites; `understood`: what it
    was taken to ask."""
    meant = understood or (answer.question if answer is not None else "")
    meant = "" if meant == question.strip() else meant
    return KeptTurn(
        question, time.time(), answer, meant, state, note, 0, cited_pages(answer, documents)
    )


class Recorder:
    """Keeps turns over `documents` in `store` (None: nothing); `on_notice` gets once what went
    wrong. The session is `resume`, or made with its first turn. Close it."""

    def __init__(
        self,
        store: Store | None,
        kind: str,
        documents: Sequence[Document],
        on_notice: Callable[[str], object],
        *,
        resume: int | None = None,
    ) -> None:
        self.session = resume
        self._store = store
        self._kind = kind
        self._documents = documents
        self._on_notice = on_notice
        self._history: History | None = None

    def watch(self, events: Iterable[Event]) -> Iterator[Event]:
        """Hand on the events of one question, and keep its answer after it was shown."""
        for event in events:
            yield event
            if isinstance(event, Finished):
                self.keep(made_turn(self._documents, event.answer.question, event.answer))

    def keep(self, turn: KeptTurn) -> None:
        if self._store is None:
            return
        try:
            if self._forgotten(self._store):
                return
            if self._history is None:
                self._history = History(self._store)
            documents = kept_documents(self._documents)
            if self.session is None or not self._history.keep(self.session, turn, documents):
                # forgotten meanwhile: begin anew
                self.session = self._history.start(self._kind, documents, turn.question)
                self._history.keep(self.session, turn)
            if self.session is not None and self._forgotten(self._store):  # while it was written
                self._history.delete(self.session)
            while self._history.notices:
                self._on_notice(self._history.notices.pop(0))
        except (ResourceError, OSError) as error:
            self._store = None
            reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            self._on_notice(
                f"this answer and those that follow are not kept in the history: {reason}"
            )

    def _forgotten(self, store: Store) -> bool:
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


def cited_pages(answer: Answer | None, documents: Sequence[Document]) -> tuple[CitedPage, ...]:
    """The pages that the quotes of `answer` cite, in the order of `documents`, each once."""
    if answer is None:
        return ()
    cites: dict[tuple[int, int], list[Cite]] = {}
    for cite in (cite for quote in answer.quotes for cite in quote.cites):
        same = (n for n, document in enumerate(documents) if document.path == cite.file)
        at = next((n for n in same if (cite.page or 1) <= len(documents[n].pages)), None)
        if at is not None:
            cites.setdefault((at, cite.page or 1), []).append(cite)
    pages: list[CitedPage] = []
    for (at, number), found in sorted(cites.items()):
        document = documents[at]
        text = documents[at].pages[number - 1].text
        about = document.id, document.path, found[0].page, found[0].label
        pages += [CitedPage(*about, start, text[start:end]) for start, end in _ranges(text, found)]
    return tuple(pages)


def _ranges(text: str, cites: list[Cite]) -> list[tuple[int, int]]:
    """The whole text, or ranges around the cites, between words and without overlap."""
    if len(text) <= WHOLE_PAGE:
        return [(0, len(text))]
    found: list[tuple[int, int]] = []
    for cite in sorted(cites, key=lambda cite: cite.start):
        start = _break(text, max(cite.start - AROUND, 0), cite.start)
        end = _break(text, cite.end, min(cite.end + AROUND, len(text)), last=True)
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _break(text: str, low: int, high: int, *, last: bool = False) -> int:
    """The first, or the last, place of `low:high` at which a line begins; else the outer end."""
    outer = high if last else low
    if outer in (0, len(text)):
        return outer
    at = text.rfind("\n", low, high) if last else text.find("\n", low, high)
    return at + 1 if at >= 0 else outer
