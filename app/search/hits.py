"""The places of a pattern in one document, each with its line and cites. The pages are one text
here, so that a phrase is found over the end of one. Its lines are paragraphs, items of lists, rows
of tables."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from docqa.app.answer.answer import Cite
from docqa.app.quotes.quoting import make_cite
from docqa.app.quotes.verifier import join_pages
from docqa.ingest.types import Document, Span

from .expression import Pattern


@dataclass(frozen=True)
class Hit:
    """Words that were found: `start:end` of the document's text, on its lines `lines` (from 0, half
    open).
    """

    start: int
    end: int
    lines: range
    cites: tuple[Cite, ...]


class SearchedText:
    """The text of `document` as it is searched, its lines, and the way back to its pages."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._pages = join_pages(document)
        self.text = self._pages.text

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.text.split("\n"))]

    def line_span(self, number: int) -> Span:
        """The place of the line with that number, from 0, without its line end."""
        return Span(self._line_starts[number], self._line_starts[number + 1] - 1)

    @property
    def line_count(self) -> int:
        return len(self._line_starts) - 1

    def find_places(self, pattern: Pattern) -> Iterator[Span]:
        """Every place of `pattern`, in order, but line ends alone. Raises UsageError where it takes
        too long.
        """
        return (span for span in pattern.spans(self.text) if span.of(self.text).strip())

    def find_hits(self, pattern: Pattern) -> Iterator[Hit]:
        """Every place of `pattern`, with its lines and cites. Raises as `find_places`."""
        for span in self.find_places(pattern):
            first, last = (
                bisect_right(self._line_starts, at) - 1 for at in (span.start, span.end - 1)
            )
            yield Hit(
                span.start,
                span.end,
                range(first, last + 1),
                tuple(
                    make_cite((self.document,), each)
                    for each in self._pages.located(span.start, span.end)
                    if each.text_in((self.document,)).strip()
                ),
            )
