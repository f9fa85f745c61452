"""The places of a pattern in one document, each with the line and the cites of it.

The pages of a document are one text here, a line end between two of them, so that a phrase is found over the end of a
page. A line is one of that text: the paragraphs of a document, items of its lists, rows of its tables.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from docqa.app.answer.answer import Cite
from docqa.app.quotes.quoting import cite
from docqa.app.quotes.verifier import Located
from docqa.app.search.expression import Pattern
from docqa.ingest.types import Document, Span


@dataclass(frozen=True)
class Hit:
    """Words that were found: `start:end` of the document's text, on its lines `lines` (from 0, half open)."""

    start: int
    end: int
    lines: range
    cites: tuple[Cite, ...]


class SearchedText:
    """The text of `document` as it is searched, its lines, and the way back to its pages."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = "\n".join(page.text for page in document.pages)
        self._page_starts = [0, *accumulate(len(page.text) + 1 for page in document.pages)]

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.text.split("\n"))]

    def line(self, number: int) -> Span:
        """The place of the line with that number, from 0, without its line end."""
        return Span(self._line_starts[number], self._line_starts[number + 1] - 1)

    @property
    def line_count(self) -> int:
        return len(self._line_starts) - 1

    def hits(self, pattern: Pattern) -> Iterator[Hit]:
        """Every place of `pattern`, in order. Raises UsageError where it takes too long."""
        for span in pattern.spans(self.text):
            cites = self._cites(span)
            if cites:  # line ends alone are no words of the document
                first, last = (bisect_right(self._line_starts, at) - 1 for at in (span.start, span.end - 1))
                yield Hit(span.start, span.end, range(first, last + 1), cites)

    def _cites(self, span: Span) -> tuple[Cite, ...]:
        """One cite for each page that has some of the words."""
        first, last = (bisect_right(self._page_starts, at) for at in (span.start, span.end - 1))
        found = []
        for page in range(first, last + 1):
            offset, text = self._page_starts[page - 1], self.document.pages[page - 1].text
            start, end = max(span.start - offset, 0), min(span.end - offset, len(text))
            if text[start:end].strip():
                found.append(cite((self.document,), Located(0, page, start, end)))
        return tuple(found)


def count(document: Document, pattern: Pattern) -> int:
    """How often `pattern` is in `document`. Raises UsageError where it takes too long."""
    text = "\n".join(page.text for page in document.pages)
    return sum(1 for span in pattern.spans(text) if text[span.start : span.end].strip())


def has(document: Document, pattern: Pattern) -> bool:
    """Whether `pattern` is in `document`. Raises UsageError where it takes too long."""
    text = "\n".join(page.text for page in document.pages)
    return any(text[span.start : span.end].strip() for span in pattern.spans(text))
