"""What there is to know of a document before it is opened, and how it is forgotten. Run in a
thread.
"""

import contextlib
import os
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from docqa.app.output.render import answer_text, printable
from docqa.app.storage.remembered import remember, remembered
from docqa.app.storage.store import Store
from docqa.app.tui.bridge import Opener, problem, without_flags
from docqa.ingest.errors import Encrypted, IngestError, NoText, Unreadable

from .recents import count_text, past_questions

if TYPE_CHECKING:
    from docqa.app.history.records import StoredTurn

# characters, answers, characters of an answer
_BEGINNING = 1_500
_ANSWERS = 3
_LINE = 160
PROBLEMS = {Encrypted: "encrypted", Unreadable: "damaged", NoText: "no text"}
_MOST = 500


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
        health = PROBLEMS.get(type(error), "")
        why = problem(error)
        if health:
            _remember(store, path, health)
        return FilePreview(Text(why, "bold"), why, health)
    text = Text()
    pages = f", {count_text(len(document.pages), 'page')}" if document.paged else ""
    line = " · ".join(
        part
        for part in (f"{likeliest_document_kind(document)}{pages}", document.coverage.health, kept)
        if part
    )
    text.append(f"{printable(document.shown_title)}\n", "bold")
    text.append(f"{line}\n")
    for warning in document.coverage.warnings:
        text.append(f"! {printable(without_flags(warning))}\n", "italic")
    asked = past_questions(store) if store else []
    for past in [each for each in asked if each.path == os.path.abspath(path)][:_ANSWERS]:
        text.append(f"\n? {printable(past.turn.question)}\n", "bold")
        said = past.turn.answer.answer if past.turn.answer else None
        text.append(f"{printable((said or 'not found')[:_LINE])}\n")
    words = " ".join(page.text for page in document.pages[:2])[:_BEGINNING]
    text.append(
        "\n" + "\n".join(printable(line) for line in words.splitlines() if line.strip(" ."))
    )
    return FilePreview(text, line, document.coverage.health)


def preview_of_question(turn: "StoredTurn") -> Text:
    """A question that was asked before, its answer and cites."""
    said = turn.note or turn.state if not turn.answer else answer_text(turn.answer)
    return Text.assemble((f"{printable(turn.question)}\n\n", "bold"), said)


def _remember(store: Store | None, path: str, health: str) -> None:
    with contextlib.suppress(OSError):
        known = dict(list(remembered_problems(store).items())[-_MOST:])
        remember(
            store, "problems", {**known, os.path.abspath(path): [os.path.getmtime(path), health]}
        )


def remembered_problems(store: Store | None) -> dict[str, list[Any]]:
    """[time of change, what is wrong] of files that could not be opened, by absolute path."""
    known = remembered(store).get("problems")
    return known if isinstance(known, dict) else {}


def forget_document(store: Store, path: str) -> str:
    """Delete all that is kept of the document at `path`; says so."""
    from docqa.app.history.forget import forget_file
    from docqa.app.storage.sources import content_digests

    deleted, _ = forget_file(store, path, content_digests(path), lambda _: None, [])
    return "forgotten; the file itself stays" if deleted else "nothing was stored"
