"""What is kept of a conversation: sessions, their documents, turns, and the cited pages."""

import re
from dataclasses import dataclass, replace

from docqa.app.answer.answer import Answer
from docqa.app.errors import UsageError

NEXT_BEST = "asked again: the next best, without what was shown before"
"""The `note` of a turn that passes over the answers before it."""
WITHHELD = "its words are not stored, as the document was opened with a password"
"""The `note` of a turn of which only the question and the cited pages are stored."""
_ID = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,18}))?")


@dataclass(frozen=True)
class StoredDocument:
    """sha256 of its bytes, its path as given, and where that was."""

    id: str
    path: str
    absolute: str


@dataclass(frozen=True)
class CitedPage:
    """Text of a cited page, from offset `start`; of a long page the part around the cite."""

    document: str
    file: str
    page: int | None
    label: str | None
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True)
class StoredTurn:
    """One question. `understood`: what was asked, where that differs. `state` is done, stopped or
    failed, for the reason `note`. `asked` is seconds since the epoch; `position` counts from 1, 0:
    not kept yet. `pages` hold all that the answer's quotes cite."""

    question: str
    asked: float
    answer: Answer | None = None
    understood: str = ""
    state: str = "done"
    note: str = ""
    position: int = 0
    pages: tuple[CitedPage, ...] = ()

    @property
    def status(self) -> str:
        """The answer's status; without an answer the state."""
        return self.answer.status if self.answer else self.state

    def without_words(self) -> "StoredTurn":
        """This turn without any text of the documents: the question, and where its answer is."""
        answer = self.answer
        if answer:
            quotes = tuple(
                replace(
                    quote,
                    text="",
                    answer_start=None,
                    answer_end=None,
                    speaker=None,
                    cites=tuple(replace(cite, section=None) for cite in quote.cites),
                )
                for quote in answer.quotes
            )
            coverage = replace(answer.coverage, warnings=())
            answer = replace(
                answer,
                question=self.question,
                answer=None,
                statements=(),
                quotes=quotes,
                evidence=(),
                coverage=coverage,
            )
        note = self.note or WITHHELD
        return replace(self, answer=answer, understood="", note=note, pages=())


@dataclass(frozen=True)
class StoredAnnotation:
    """Words that a reader has highlighted, perhaps with a `note`, from offset `start` of `page` to
    `end` of `end_page` (half-open; pages from 1); `text` was there, `place` says where. `made` is
    seconds since the epoch; `id` is 0 where it is not kept yet."""

    page: int
    start: int
    end_page: int
    end: int
    text: str
    place: str
    note: str = ""
    made: float = 0.0
    id: int = 0


@dataclass(frozen=True)
class StoredSession:
    """One conversation of a front end (`kind`: ask, chat or tui) over `documents`; `questions`
    counts its turns, times are seconds since the epoch. `place`: (page, offset) where a reader left
    it; 0: nowhere."""

    id: int
    kind: str
    title: str
    started: float
    updated: float
    documents: tuple[StoredDocument, ...]
    questions: int = 0
    place: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Listed:
    session: int
    kind: str
    files: tuple[str, ...]
    turn: StoredTurn

    @property
    def id(self) -> str:
        """`12.3`: the third question of session 12."""
        return f"{self.session}.{self.turn.position}"


def parse_id(text: str) -> tuple[int, int | None]:
    """(session, position) of `12.3`; position None for a whole session, `12`. Raises UsageError."""
    match = _ID.fullmatch(text.strip())
    if not match:
        raise UsageError(
            f"{text!r} is not the number of a session or question",
            hint="`docqa history` lists them",
        )
    return int(match[1]), int(match[2]) if match[2] else None
