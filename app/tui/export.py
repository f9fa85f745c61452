"""The questions and answers of a document as Markdown, with every quote's place and grade."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from docqa.app.render import coverage_line, printable
from docqa.app.tui.grades import grade_text
from docqa.app.tui.stops import Stop, excerpt, stops_of

if TYPE_CHECKING:
    from docqa.app.tui.kept_turns import Turn
    from docqa.ingest.types import Document

_MARKUP = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>#|"})


def default_path(document: Document) -> str:
    """`report.docqa.md` in the current folder, with a number where there is one already."""
    stem = PurePath(document.path).stem or "document"
    path, number = Path(f"{stem}.docqa.md"), 2
    while path.exists():
        path, number = Path(f"{stem}.docqa-{number}.md"), number + 1
    return str(path)


def markdown(document: Document, turns: list[Turn]) -> str:
    """The whole session; the text of the document is escaped, so that it stays text."""
    parts = [f"# {_plain(document.title)}", f"Questions about {_plain(document.path)}, answered in its own words."]
    for turn in turns:
        parts += [f"## {_plain(turn.question)}", *_turn_parts(document, turn)]
    return "\n\n".join(parts) + "\n"


def write(path: str, text: str) -> Path:
    """Write a new file whole. Raises FileExistsError rather than replace one, OSError when the disk refuses."""
    target = Path(path).expanduser()
    handle, temporary = tempfile.mkstemp(prefix=".docqa-", suffix=".md", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.link(temporary, target)  # unlike a rename, this never replaces what somebody else has made meanwhile
    finally:
        Path(temporary).unlink(missing_ok=True)
    return target


def _turn_parts(document: Document, turn: Turn) -> list[str]:
    if turn.answer is None:
        return [f"*{_plain(turn.note or 'not answered')}*"]
    answer = turn.answer
    parts = [f"*{_plain(turn.note)}*"] if turn.note else []
    if answer.status == "not_found":
        parts.append("Not found: the document does not answer this. Nearest, not an answer:")
    elif answer.answer is not None:
        parts.append(f"**{_plain(answer.answer)}**")
    stops = stops_of(answer, document)
    parts += [_quote_part(stop) for stop in stops if stop.quote is not None]
    if answer.status == "not_found":
        parts += [f"- {_plain(stop.place)}: {_plain(excerpt(stop.text))}" for stop in stops]
    parts += [part for part in (_plain(coverage_line(answer.coverage)),) if part]
    return [*parts, f"confidence {answer.confidence:.2f}"]


def _quote_part(stop: Stop) -> str:
    assert stop.quote is not None
    return f"> {_plain(stop.text)}\n>\n> {_plain(stop.place)} [{grade_text(stop.quote)}]"


def _plain(text: str) -> str:
    return printable(text).translate(_MARKUP)
