"""The sentences of a document that a summary may be made of, with place and section, and who says
them: speech that a document quotes, and an opinion of a judge, is no finding of the document."""

import re
from dataclasses import dataclass
from functools import lru_cache

from docqa.app.answer.text import one_line
from docqa.app.quotes.normalise import fold
from docqa.app.quotes.verifier import Located
from docqa.ingest.language.sentences import sentences
from docqa.ingest.types import Document, Page, Section, Span

from . import readable

_NO_PROSE = frozenset(("hidden", "table", "code", "heading"))
_LEFT_OUT = readable.pattern_of_any(
    r"\W*(?:[\dIVX]+[.)]?\s+)?(?:references|bibliography|works cited|acknowledge?ments?|supporting information|funding|"
    r"supplementary (?:material|information)|author contributions?|competing interests?|conflicts? of interest|index|"
    r"contents|table of (?:contents|authorities)|glossary|abbreviations|signatures?)\W*$"
)
_GOOD_GRADES = frozenset("AB")
_QUOTED = re.compile(
    r"“[^“”]{25,2000}”|\"[^\"\n][^\"]{25,2000}\"|«[^«»]{25,2000}»|“[^“”]{25,2000}(?=\n\s*\n|\n\s*“|\Z)"
)
"""Long enough for a sentence; of several paragraphs only the last has a closing mark."""
_WHOLE_SENTENCE = re.compile(r"[.!?,…][”\"»’']?$")
UNNAMED = "a quotation"


@dataclass(frozen=True)
class PlacedSentence:
    """Characters `start:end` of `page`; `section` is the innermost one (None before the first)."""

    page: int
    start: int
    end: int
    section: Section | None

    @property
    def location(self) -> Located:
        return Located(0, self.page, self.start, self.end)


@dataclass(frozen=True)
class SentenceCandidate(PlacedSentence):
    """`line` number in `paragraph` of the document. `before`: the candidate that must be taken
    before it (it begins with "However"), if any."""

    paragraph: int
    line: int
    text: str
    before: int | None = None


def find_candidates(document: Document) -> list[SentenceCandidate]:
    """The candidates in order; words that occur twice are taken where they occur first."""
    finder = _SentenceFinder(document)
    graded = any(page.grade in _GOOD_GRADES for page in document.pages)
    excluded = _excluded_spans(document)
    for page in document.pages:
        if page.grade != "F" and (page.grade in _GOOD_GRADES or not graded):
            finder.add_page(page, excluded[page.page])
    return finder.found


class _SentenceFinder:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.english = readable.is_english(
            " ".join(page.text[:4_000] for page in document.pages[:40])
        )
        self.left_out = left_out_section_ids(document)
        self.passages: dict[int, list[Span]] = {page.page: [] for page in document.pages}
        for passage in document.passages:
            self.passages[passage.page].append(Span(passage.start, passage.end))
        self.seen: set[str] = set()
        self.found: list[SentenceCandidate] = []
        self.paragraph = -1
        self.open = False  # the page before ends within a sentence

    def add_page(self, page: Page, excluded: list[Span]) -> None:
        # `at`: the candidate that the sentence just before became
        ends = -1
        line = 0
        previous = None
        rest = self.open
        self.open = not readable.ends_sentence(page.text)
        for span in sentences(page.text):
            if "\n" in page.text[max(ends, 0) : span.start] or ends < 0:
                self.paragraph = self.paragraph + 1
                line = 0
                previous = None
            ends = span.end
            if rest:  # the end of a sentence of the page before
                rest = False
                continue
            outside = not any(each.start < span.end and span.start < each.end for each in excluded)
            previous = self._take_sentence(page, span, line, previous) if outside else None
            line += 1

    def _take_sentence(self, page: Page, span: Span, line: int, previous: int | None) -> int | None:
        span = Span(span.start + len(readable.leading_bullet(span.of(page.text))), span.end)
        text = one_line(span.of(page.text))
        section = self.document.section_of(page.page, span.start)
        if section and (section.id in self.left_out or is_heading(section, page.page, span)):
            return None
        if not readable.is_sentence(text, english=self.english):
            return None
        dangling = readable.needs_the_one_before(text)
        folded = fold(text).text
        # In no passage it is not shown or found elsewhere.
        in_passage = any(
            each.start < span.end and span.start < each.end for each in self.passages[page.page]
        )
        if folded in self.seen or not in_passage or (dangling and previous is None):
            return None
        self.seen.add(folded)
        before = previous if dangling else None
        self.found.append(
            SentenceCandidate(
                page.page, span.start, span.end, section, self.paragraph, line, text, before
            )
        )
        return len(self.found) - 1


def is_heading(section: Section, page: int, span: Span) -> bool:
    """Whether a span of a page is the heading of its section, or in it."""
    longest = len(f"{section.number or ''} {section.title}")
    return (
        section.page == page and section.start <= span.start and span.end <= section.start + longest
    )


def left_out_section_ids(document: Document) -> set[str]:
    """Ids of the sections that are not part of what the document says, and of those in them."""
    ids: set[str] = set()
    for section in document.sections:  # a parent before its children
        if section.parent in ids or _LEFT_OUT.match(section.title):
            ids.add(section.id)
    return ids


def _excluded_spans(document: Document) -> dict[int, list[Span]]:
    """By page what is no running prose: hidden text, tables, headings, footnotes, contents,
    bibliographies.
    """
    excluded = {
        page.page: [
            Span(block.start, block.end) for block in page.blocks if block.kind in _NO_PROSE
        ]
        for page in document.pages
    }
    for note in document.notes:
        excluded[note.page].append(Span(note.start, note.end))
    for passage in document.passages:
        if passage.kind != "text":
            excluded[passage.page].append(Span(passage.start, passage.end))
    return excluded


def speaker_at(document: Document, page: int, start: int, end: int) -> str | None:
    """Who says what is at `start:end` of `page`: an opinion's judge, of speech UNNAMED, None:
    the document.
    """
    return document.speaker_of(page, start) or (
        UNNAMED if is_spoken(document, page, start, end) else None
    )


def is_spoken(document: Document, page: int, start: int, end: int) -> bool:
    """Whether the document quotes all of `start:end` of `page` as speech."""
    return any(
        span.start <= start + 1 and end <= span.end + 1
        for span in _speech_spans(document.pages[page - 1].text)
    )


@lru_cache(maxsize=64)
def _speech_spans(text: str) -> tuple[Span, ...]:
    """Speech with its quotation marks; "the so-called first rule of the house" is none."""
    quoted = ((match, match.group().strip('“”"«»').strip()) for match in _QUOTED.finditer(text))
    return tuple(
        Span(*m.span())
        for m, words in quoted
        if words[:1].isupper() and _WHOLE_SENTENCE.search(words)
    )
