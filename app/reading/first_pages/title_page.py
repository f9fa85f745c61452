"""What a document says of itself on its first pages: its title, and the names of its authors, which
are between the title and the text."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from docqa.app.answer.confidence import AUTHORS_CHANCE, BY_CLAUSE, TITLE_CHANCE
from docqa.app.context.context import Context
from docqa.app.evidence.terms import STOP_WORDS
from docqa.ingest.types import Document, Span

from ..candidates import Candidate, CandidateSet, fact_or_list, trim_span

_FIRST_PAGES = 2  # that may print the title
_MOST_CHARACTERS = 3_000  # of names and affiliations
_LINES_BEFORE_NAMES = 6  # of a title, such as a subtitle
_LONGEST_LINE = 25  # words of a line that is not yet the text
_MARKS = "∗*†‡§¶#$+⋆◦0-9"
_PART = r"(?:[^\W\d_a-z](?:\.|[\w’'`´¨ˇ˘˚˜¸�.-]+)?)"
_PARTICLE = r"(?:de|del|la|van|von|der|den|da|dos|di|du|le|al|bin|ten)"
_NAME = re.compile(rf"{_PART}(?:\s+(?:{_PARTICLE}\s+)*{_PART}){{1,4}}")
_SEPARATOR = re.compile(rf"[,;&|{_MARKS}]|\b(?:and|by|et)\b", re.IGNORECASE)
_TEXT = re.compile(
    r"\W*(?:\d+\s+)?(?:abstract|summary|r[ée]sum[ée]|introduction|keywords)\b", re.IGNORECASE
)
_INSTITUTION = re.compile(
    r"universi|department|institut|laborator|\blabs?\b|research|school|college|\bcent(?:er|re)\b|faculty|"
    r"corporation|\b(?:inc|ltd|llc|gmbh)\b|hospital|academy|ministry|council|association|group|team|foundation|division|program|commission|society|company",
    re.IGNORECASE,
)
_NOTE_MARK = re.compile(r"[∗*†‡§¶]")
_UNFINISHED = re.compile(rf"\b[A-Z]\.\s*$|,\s*{_PART}\s*$")
"""A line that ends in the middle of a name."""
_LINE_NUMBER = re.compile(r"\d{1,2}\s+(?=\D)")


def document_title(context: Context) -> CandidateSet:
    """The titles of the documents as their first pages have them."""
    found = [
        Candidate(0, number, page, span.start, span.end)
        for number, page, span in _title_places(context.documents)
    ]
    return CandidateSet(tuple(found), signals={BY_CLAUSE: TITLE_CHANCE if found else 0.0})


def document_authors(context: Context) -> CandidateSet:
    """The names after the titles of the documents."""
    found = tuple(
        Candidate(0, number, page, span.start, span.end)
        for number, page, title in _title_places(context.documents)
        for span in _author_spans(context.documents[number].pages[page - 1].text, title.end)
    )
    return fact_or_list(found, {BY_CLAUSE: AUTHORS_CHANCE if found else 0.0})


def _title_places(documents: Sequence[Document]) -> Iterator[tuple[int, int, Span]]:
    """(document, page, place) of the printed titles, or of those in the files' records, which are
    no titles where they are one word."""
    for number, document in enumerate(documents):
        titles = [
            re.compile(r"\s+".join(map(re.escape, title.split())), re.IGNORECASE)
            for title in (document.printed_title, document.title)
            if " " in title
        ]
        found = (
            (number, page.page, Span(at.start(), _end_before_names(page.text, *at.span())))
            for title in titles
            for page in document.pages[:_FIRST_PAGES]
            if (at := title.search(page.text))
        )
        yield from islice(found, 1)


def _end_before_names(text: str, start: int, end: int) -> int:
    """Where a title of `start:end` ends: before a line of names with marks of notes, printed as
    large."""
    at = start
    for line in text[start:end].splitlines(keepends=True):
        if at > start and _NOTE_MARK.search(line) and _names_of_line(line):
            return start + len(text[start:at].rstrip())
        at += len(line)
    return end


def _author_spans(text: str, start: int) -> Iterator[Span]:
    """The names in the lines after `start`, up to an affiliation; after an address for e-mail others
    may follow."""
    expected, found = True, False
    at = start
    lines = text[start : start + _MOST_CHARACTERS].splitlines(keepends=True)
    for number, line in enumerate(lines):
        begin, at = at, at + len(line)
        if _UNFINISHED.search(line) and number + 1 < len(lines):
            lines[number + 1] = line + lines[number + 1]
            at = begin
            continue
        if _TEXT.match(line) or len(line.split()) > _LONGEST_LINE and not _names_of_line(line):
            return
        if "@" in line:
            expected = True
        elif expected and line.strip():
            names = _names_of_line(line)
            found = found or bool(names)
            expected = bool(names) or not found and number < _LINES_BEFORE_NAMES
            yield from (Span(begin + name.start, begin + name.end) for name in names)


def _names_of_line(line: str) -> list[Span]:
    """The names of a line that has nothing else; empty for another line."""
    numbered = _LINE_NUMBER.match(line)
    edges = [numbered.end() if numbered else 0]
    for separator in _SEPARATOR.finditer(line, edges[0]):
        edges += separator.span()
    edges.append(len(line.rstrip()))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    trimmed = (trim_span(line, a, b) for a, b in pairs)
    parts = [Span(a, b) for a, b in trimmed if any(map(str.isalpha, line[a:b]))]
    words = [part.of(line) for part in parts]
    if len(words) == 1 and not STOP_WORDS.isdisjoint(words[0].casefold().split()):
        return []  # a subtitle
    all_names = all(_NAME.fullmatch(name) and not _INSTITUTION.search(name) for name in words)
    return parts if all_names else []
