"""A question among those before it: what a follow-up asks, and what a model that writes is told of the turns before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from docqa.app.answer.text import clip
from docqa.app.reading.wording.followup import Earlier, InDocuments
from docqa.app.reading.wording.readings import readings

if TYPE_CHECKING:
    from docqa.app.answer.answer import Answer
    from docqa.app.history.records import KeptTurn
    from docqa.app.session.session import Session
    from docqa.ingest.types import Document
    from docqa.model.prompts.conversation import Turn

UNCLEAR = "It is not clear what that refers to: asked as it is. Name what you mean to be sure."
_MOST_EARLIER, _MOST_SAID = 6, 1_000  # turns that go along with a question, characters of each answer


class DocumentWords:
    """Whether words occur in one of `documents`, in any case and spacing; the first call makes their texts ready."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._texts: list[str] | None = None

    def __call__(self, words: str) -> bool:
        if self._texts is None:
            pages = (page.text for document in self._documents for page in document.pages)
            self._texts = [" ".join(text.split()).casefold() for text in pages]
        pattern = re.compile(rf"(?<!\w){re.escape(words.casefold())}(?!\w)")
        return any(pattern.search(text) for text in self._texts)


def readings_after(
    session: Session, turns: Sequence[KeptTurn], question: str, in_documents: InDocuments
) -> tuple[str, ...]:
    """What `question` may ask, completed by the last of `turns` that did not fail, the likeliest first: one where that
    is clear. Empty where it points at something, and nothing that was spoken of can be meant. A model that is told the
    turns before gets the question as it is.
    """
    asked = question.strip()
    earlier = next((turn for turn in reversed(turns) if turn.state != "failed"), None)
    if earlier is None or session.writes:
        return (asked,)
    answer = earlier.answer.answer if earlier.answer is not None else None
    found = readings(asked, Earlier(earlier.understood or earlier.question, answer), in_documents)
    return tuple(asked if each.casefold() == asked.casefold() else each for each in found)


def told_turns(session: Session, turns: Sequence[KeptTurn]) -> list[Turn]:
    """The last of `turns` that were answered, for a model that writes; others are told nothing."""
    if not (turns and session.writes):
        return []
    from docqa.model.prompts.conversation import Turn

    told = [(turn.question, _said(turn.answer)) for turn in turns if turn.state == "done"]
    return [Turn(asked, clip(said, _MOST_SAID)) for asked, said in told if said][-_MOST_EARLIER:]


def _said(answer: Answer | None) -> str:
    """What was answered, or written without support."""
    if answer is None:
        return ""
    return answer.answer or " ".join(statement.text for statement in answer.statements)
