"""Spans of a document: those of words and sentences, those that "xii", "PDF 14" or "4.2" name, and
how their location is called. Knows no screen.
"""

from dataclasses import dataclass
from itertools import islice

from docqa.app.output.render import page_text, printable
from docqa.app.places.named import find_page_number, find_section_region
from docqa.app.search.expression import words_pattern
from docqa.ingest.language.sentences import sentences
from docqa.ingest.types import Document, Section

MOST_HITS = 5_000
Place = tuple[int, int]
_WINDOW = 20_000  # characters


@dataclass(frozen=True)
class PageSpan:
    """Characters `start:end` of a page's text; `page` counts from 1."""

    page: int
    start: int
    end: int

    @property
    def place(self) -> Place:
        """(page, offset) of its first character."""
        return self.page, self.start


def spans_between(document: Document, first: Place, last: Place) -> list[PageSpan]:
    """The text of `document` from one (page, offset) up to another, for each page that has some of
    it.
    """
    (page, start), (last_page, end) = first, last
    ends = [len(each.text) for each in document.pages[page - 1 : last_page - 1]] + [end]
    found = [PageSpan(page + at, 0 if at else start, stop) for at, stop in enumerate(ends)]
    return [span for span in found if span.start < span.end]


def find_hits(document: Document, words: str, most: int = MOST_HITS) -> list[PageSpan]:
    """At most `most` places of `words`, in order, whatever their case, white space, quotation marks
    and dashes.
    """
    if not words.split():
        return []
    pattern = words_pattern(words, ignore_case=True)
    hits = (
        PageSpan(page.page, span.start, span.end)
        for page in document.pages
        for span in pattern.spans(page.text)
    )
    return list(islice(hits, most))


class Hits:
    """The places of the last search, and the one that the reader is at. Mutable."""

    def __init__(self) -> None:
        self.words = ""
        self.places: list[PageSpan] = []
        self._at = 0

    def search(self, document: Document, words: str, place: Place) -> PageSpan | None:
        """The first place of `words` at or after `place`, round the end."""
        if words != self.words:
            self.words = words
            self.places = find_hits(document, words)
        self._at = next((n for n, hit in enumerate(self.places) if hit.place >= place), 0)
        return self.current

    @property
    def current(self) -> PageSpan | None:
        return self.places[self._at] if self.places else None

    def step(self, step: int) -> PageSpan | None:
        """The place `step` further, round the end; None where nothing was found."""
        self._at = (self._at + step) % max(len(self.places), 1)
        return self.current

    def text(self) -> str:
        """`hit 3 of 17`."""
        more = " or more" if len(self.places) == MOST_HITS else ""
        return f"hit {self._at + 1} of {len(self.places):,}{more}"


def find_place(document: Document, name: str) -> Place | None:
    """(page, offset) of a printed page label, of `PDF 14`, of a section's number or of a heading;
    or None.
    """
    page = find_page_number(document, name)
    if page is not None:
        return page, 0
    region = find_section_region(document, name)
    return region.start if region else None


def headings_with(document: Document, words: str) -> list[tuple[str, Place]]:
    """The headings that have all of `words`, each with its page, and where it is."""
    wanted = words.casefold().split()
    return [
        (f"{section_title(section)} · {location(document, *place).rpartition(' · ')[2]}", place)
        for section in document.sections
        if all(word in section_title(section).casefold() for word in wanted)
        for place in [(section.page, section.start or 1)]
    ]


def sentence_at(document: Document, page: int, offset: int) -> PageSpan | None:
    """The sentence with character `offset` of `page`, else the first one after it; None at the
    end.
    """
    for number in range(page, len(document.pages) + 1):
        text = document.pages[number - 1].text
        at = offset if number == page else 0
        begin = text.rfind("\n", 0, max(at - _WINDOW // 4, 0)) + 1
        window = text[begin : at + _WINDOW]
        found = next((span for span in sentences(window) if begin + span.end > at), None)
        if found:
            return PageSpan(number, begin + found.start, begin + found.end)
    return None


def section_title(section: Section) -> str:
    """`4.2 Payment`, on one line; a number that the title begins with is said once."""
    number = printable(section.number or "")
    title = printable(section.title)
    if (
        title.casefold().startswith(number.casefold())
        and not title[len(number) : len(number) + 1].isalnum()
    ):
        return title
    return f"{number} {title}"


def location(document: Document, page: int, offset: int) -> str:
    """The heading above a place, or what the document prints there that says more ("4.2(b)"), and
    its page.
    """
    section = document.section_of(page, offset)
    locator = document.locator_of(page, offset)
    named = printable(locator or "")
    if section and locator == document.name_of(section):
        named = section_title(section)
    where = f"p. {page_text(page, document.pages[page - 1].label)}" if document.paged else ""
    return " · ".join(part for part in (named, where) if part)
