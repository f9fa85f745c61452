"""Where an answer points: its quotes and the passages it was found among, as places of one document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docqa.app.render import cite_text, page_text, printable

if TYPE_CHECKING:
    from docqa.app.answer import Answer, Cite, EvidenceItem, Quote
    from docqa.ingest.types import Document

NEAREST_CHARACTERS = 160


@dataclass(frozen=True)
class PageSpan:
    """Characters `start:end` of a page's text; `page` counts from 1."""

    page: int
    start: int
    end: int


@dataclass(frozen=True)
class Stop:
    """One place that a reader can go to: a quote, or a passage of evidence (`quote` None).

    `spans` are one for each page it touches, `place` says them in words, `score` is that of the evidence.
    """

    text: str
    place: str
    spans: tuple[PageSpan, ...]
    quote: Quote | None = None
    score: float = 0.0

    @property
    def copied(self) -> str:
        """The words in quotation marks with where they stand, for the clipboard."""
        return f"“{printable(self.text)}” ({self.place})"


def stops_of(answer: Answer, document: Document) -> list[Stop]:
    """The quotes of `answer` in order, then its evidence; a passage that holds one of the quotes is not told twice."""
    quoted = quote_stops(answer.quotes)
    taken = [span for stop in quoted for span in stop.spans]
    found = []
    for item in answer.evidence:
        span = _located(item, document)
        if span is not None and not any(_overlap(span, other) for other in taken):
            found.append(Stop(item.text, _evidence_place(item), (span,), None, item.score))
    return [*quoted, *found]


def quote_stops(quotes: Sequence[Quote]) -> list[Stop]:
    """The quotes that are found so far, each as a place to go to."""
    return [Stop(quote.text, cite_text(quote.cites, with_file=True), _spans(quote.cites), quote) for quote in quotes]


def _spans(cites: tuple[Cite, ...]) -> tuple[PageSpan, ...]:
    return tuple(PageSpan(cite.page or 1, cite.start, cite.end) for cite in cites)


def _located(item: EvidenceItem, document: Document) -> PageSpan | None:
    """Evidence carries its words but no offsets; they were cut from the page, so they are found there."""
    number = item.page or 1
    if not 1 <= number <= len(document.pages) or not item.text:
        return None
    start = document.pages[number - 1].text.find(item.text)
    return PageSpan(number, start, start + len(item.text)) if start >= 0 else None


def _evidence_place(item: EvidenceItem) -> str:
    where = f"p. {page_text(item.page, item.label)}" if item.page is not None else (item.label or "text")
    return f"{printable(item.file)}, {where}"


def _overlap(one: PageSpan, other: PageSpan) -> bool:
    return one.page == other.page and one.start < other.end and other.start < one.end


def excerpt(text: str, most: int = NEAREST_CHARACTERS) -> str:
    """`text` on one line, cut at a word when it is longer than `most`."""
    line = printable(text)
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0] + " …"


def place_alone(stop: Stop, document: Document) -> str:
    """The place without the file, where all there is to see is that file."""
    return stop.place.removeprefix(f"{printable(document.path)}, ")
