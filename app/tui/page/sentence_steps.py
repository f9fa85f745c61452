"""The sentences of a page one after another, for who selects words with keys. Knows no screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.app.tui.page.search import PageSpan
from docqa.ingest.language.sentences import sentences

if TYPE_CHECKING:
    from docqa.ingest.types import Document

_WINDOW = 20_000
"""Characters that are looked at: a document without pages is one text of any length."""


def sentence_at(document: Document, page: int, offset: int) -> PageSpan | None:
    """The sentence with character `offset` of `page`, else the first one behind it; None at the end."""
    for number in range(page, len(document.pages) + 1):
        text = document.pages[number - 1].text
        at = offset if number == page else 0
        begin = text.rfind("\n", 0, max(at - _WINDOW // 4, 0)) + 1
        window = text[begin : at + _WINDOW]
        found = next((span for span in sentences(window) if begin + span.end > at), None)
        if found is not None:
            return PageSpan(number, begin + found.start, begin + found.end)
    return None
