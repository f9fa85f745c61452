"""Where words are in a document, and which place "xii", "PDF 14" or "4.2" names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from docqa.app.places.named import region_named
from docqa.app.search.expression import words_pattern

if TYPE_CHECKING:
    from docqa.ingest.types import Document

MOST_HITS = 5_000


@dataclass(frozen=True)
class PageSpan:
    """Characters `start:end` of a page's text; `page` counts from 1."""

    page: int
    start: int
    end: int


def find_hits(document: Document, words: str, most: int = MOST_HITS) -> list[PageSpan]:
    """The places of `words`, in order, whatever their case, the white space between them, and the form of their
    quotation marks and dashes; at most `most`.
    """
    if not words.split():
        return []
    pattern = words_pattern(words, ignore_case=True)
    hits = (PageSpan(page.page, span.start, span.end) for page in document.pages for span in pattern.spans(page.text))
    return list(islice(hits, most))


class Hits:
    """The places of the last search, and the one that the reader is at. Mutable."""

    def __init__(self) -> None:
        self.words = ""
        self.places: list[PageSpan] = []
        self._at = -1

    def search(self, document: Document, words: str, place: tuple[int, int]) -> PageSpan | None:
        """The first place of `words` at or behind `place`, round the end."""
        if words != self.words:
            self.words, self.places = words, find_hits(document, words)
        self._at = next((n for n, hit in enumerate(self.places) if (hit.page, hit.start) >= place), 0)
        return self.places[self._at] if self.places else None

    @property
    def current(self) -> PageSpan | None:
        """The place that the reader is at."""
        return self.places[self._at] if self.places else None

    def clear(self) -> None:
        """Forget the search."""
        self.words, self.places, self._at = "", [], -1

    def step(self, step: int) -> PageSpan | None:
        """The place `step` further, round the end; None where nothing was found."""
        if not self.places:
            return None
        self._at = (self._at + step) % len(self.places)
        return self.places[self._at]

    def text(self) -> str:
        """`hit 3 of 17`."""
        more = " or more" if len(self.places) == MOST_HITS else ""
        return f"hit {self._at + 1} of {len(self.places):,}{more}"


def find_place(document: Document, name: str) -> tuple[int, int] | None:
    """(page, offset) of a printed page label, of `PDF 14`, of a section's number or of a heading; None for none."""
    text = name.strip().casefold()
    if not text:
        return None
    bare = re.sub(r"^(p|pp|page)\b\.?\s*", "", text)
    if document.paged:
        for page in document.pages:
            if page.label is not None and page.label.casefold() in (text, bare):
                return page.page, 0
        number = re.fullmatch(r"(?:pdf\s*)?(\d+)", bare)
        if number and 1 <= int(number[1]) <= len(document.pages):
            return int(number[1]), 0
    region = region_named(document, name)
    return region.start if region is not None else None
