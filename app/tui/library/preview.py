"""What stands beside the list about a document."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.message import Message

from docqa.app.output.render import printable
from docqa.app.tui.bridge import without_flags
from docqa.app.tui.library.recents import counted, past_questions

if TYPE_CHECKING:
    from docqa.app.session.session import Session
    from docqa.app.storage.store import Store

Open = Callable[[str], "Session"]
_BEGINNING, _ANSWERS, _LINE = 1_500, 3, 160  # characters, answers, characters of an answer


@dataclass
class PreviewMade(Message):
    """What there is to say of the document at `path`."""

    path: str
    text: Text


def preview(path: str, kept: str, opener: Open, store: Store | None) -> PreviewMade:
    """In a thread: reading may take long. `kept` says what there is of it. Raises the errors of opening it."""
    from docqa.app.reading.document_kind import kind_of

    with closing(opener(path)) as session:
        (document,) = session.documents
    text = Text()
    pages = f", {counted(len(document.pages), 'page')}" if document.paged else ""
    text.append(f"{printable(document.title)}\n", "bold")
    text.append(f"{kind_of(document)}{pages}{' · ' if kept else ''}{kept}\n")
    for warning in document.coverage.warnings:
        text.append(f"! {printable(without_flags(warning))}\n", "italic")
    asked = past_questions(store) if store is not None else []
    for past in [each for each in asked if each.path == os.path.abspath(path)][:_ANSWERS]:
        text.append(f"\n? {printable(past.turn.question)}\n", "bold")
        said = past.turn.answer.answer if past.turn.answer is not None else None
        text.append(f"{printable((said or 'not found')[:_LINE])}\n")
    words = " ".join(page.text for page in document.pages[:2])[:_BEGINNING]
    text.append("\n" + "\n".join(printable(line) for line in words.splitlines() if line.strip(" .")))
    return PreviewMade(path, text)
