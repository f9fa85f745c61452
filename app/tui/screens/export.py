"""The questions and answers of a document as Markdown, as `docqa history export` writes them."""

from __future__ import annotations

import os
import time
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from docqa.app.history.history import kept_documents
from docqa.app.history.markdown import markdown as kept_markdown
from docqa.app.history.records import KeptSession
from docqa.app.storage.atomic import write_new
from docqa.app.tui.kept_turns import as_kept

if TYPE_CHECKING:
    from docqa.app.tui.kept_turns import Turn
    from docqa.ingest.types import Document


def default_path(document: Document) -> str:
    """`report.docqa.md` in the current folder, with a number where there is one already."""
    stem = PurePath(document.path).stem or "document"
    path, number = Path(f"{stem}.docqa.md"), 2
    while path.exists():
        path, number = Path(f"{stem}.docqa-{number}.md"), number + 1
    return str(path)


def markdown(document: Document, turns: list[Turn]) -> str:
    """The whole session; the text of the document is escaped, so that it stays text."""
    now = time.time()
    session = KeptSession(0, "tui", document.title, now, now, kept_documents([document]), len(turns))
    return kept_markdown(session, [as_kept(turn, document) for turn in turns])


def write(path: str, text: str) -> str:
    """Write a new file whole; returns its path. Raises FileExistsError rather than replace one, or OSError."""
    target = os.path.expanduser(path)
    write_new(target, text.encode("utf-8", "replace"))
    return target
