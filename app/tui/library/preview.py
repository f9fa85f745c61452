"""What there is to know of a document before it is opened. Run in a thread."""

import os
from contextlib import closing
from typing import NamedTuple

from rich.text import Text

from docqa.app.output.render import printable
from docqa.app.storage.store import Store
from docqa.app.tui.bridge import Opener, problem, without_flags
from docqa.ingest.errors import Encrypted, IngestError, NoText, Unreadable

from .recents import count_text, past_questions

# characters, answers, characters of an answer
_BEGINNING = 1_500
_ANSWERS = 3
_LINE = 160
PROBLEMS = {Encrypted: "encrypted", Unreadable: "damaged", NoText: "no text"}


class FilePreview(NamedTuple):
    """What there is to say of a document, what it is on one line, and its health in a word."""

    text: Text
    line: str = ""
    health: str = ""


def preview_of(path: str, kept: str, opener: Opener, store: Store | None) -> FilePreview:
    """The document at `path`, of which there is what `kept` says. May take long. Raises what is a
    bug.
    """
    from docqa.app.reading.document_kind import likeliest_document_kind

    try:
        with closing(opener(path)) as session:
            (document,) = session.documents
    except IngestError as error:
        why = problem(error)
        return FilePreview(Text(why, "bold"), why, PROBLEMS.get(type(error), ""))
    text = Text()
    pages = f", {count_text(len(document.pages), 'page')}" if document.paged else ""
    line = " · ".join(
        part
        for part in (f"{likeliest_document_kind(document)}{pages}", document.coverage.health, kept)
        if part
    )
    text.append(f"{printable(document.title)}\n", "bold")
    text.append(f"{line}\n")
    for warning in document.coverage.warnings:
        text.append(f"! {printable(without_flags(warning))}\n", "italic")
    asked = past_questions(store) if store is not None else []
    for past in [each for each in asked if each.path == os.path.abspath(path)][:_ANSWERS]:
        text.append(f"\n? {printable(past.turn.question)}\n", "bold")
        said = past.turn.answer.answer if past.turn.answer is not None else None
        text.append(f"{printable((said or 'not found')[:_LINE])}\n")
    words = " ".join(page.text for page in document.pages[:2])[:_BEGINNING]
    text.append(
        "\n" + "\n".join(printable(line) for line in words.splitlines() if line.strip(" ."))
    )
    return FilePreview(text, line, document.coverage.health)
