"""The answers of one command as a Markdown or HTML document, without their being kept."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from docqa.app.answer.answer import Answer
from docqa.ingest.types import Document

from .history import stored_documents
from .recorder import make_turn
from .records import StoredDocument, StoredSession, StoredTurn
from .rendering import rendered


@dataclass
class AnsweredQuestions:
    """Questions in the order in which they were asked. Mutable."""

    documents: list[StoredDocument] = field(default_factory=list)
    turns: list[StoredTurn] = field(default_factory=list)

    def add(self, documents: Sequence[Document], answer: Answer) -> None:
        self.documents += [
            each for each in stored_documents(documents) if each not in self.documents
        ]
        self.turns.append(make_turn(documents, answer.question, answer))

    def add_failure(self, question: str, reason: str) -> None:
        self.turns.append(make_turn((), question, None, state="failed", note=reason))

    def text(self, form: str) -> str:
        """As a page of HTML where `form` is "html", else as Markdown."""
        now = time.time()
        title = self.turns[0].question if self.turns else ""
        session = StoredSession(0, "ask", title, now, now, tuple(self.documents), len(self.turns))
        return rendered(form, session, self.turns)
