"""Sections that a question calls by their heading: "the Definitions section", "in the introduction", "the dissent"."""

from __future__ import annotations

from collections.abc import Iterator

from docqa.ingest.language.expressions import lazily
from docqa.ingest.types import Document, Section, Span

_LEAST = 4
_SECTION_WORDS = r"(?:section|chapter|part|clause|article|schedule|heading|paragraph|provision|appendix|exhibit)s?"
_BEHIND = lazily(rf"[”\"’']?\s+{_SECTION_WORDS}\b")
_BEFORE = lazily(
    rf"\b(?:{_SECTION_WORDS}\s+(?:on|about|titled|entitled|called|headed|named|for)|under\s+the\s+heading(?:\s+of)?|"
    r"headed|entitled|titled)\s+(?:the\s+)?[“\"‘']?$"
)
_PLAIN = frozenset(
    ("abstract", "introduction", "preamble", "conclusion", "conclusions", "syllabus", "recitals", "background",
     "discussion", "results", "methods", "summary")
)  # fmt: skip
_ASKED = lazily(
    r"\b(?:in|of|from|under|does|do|did|summari[sz]e|explain|describe|outline|quote|read|show(?:\s+me)?)\s+(?:the\s+)?[“\"‘']?$"
)
_NUMBERED = lazily(r"^[\dA-Z]{1,4}(?:\.\d+)*[.)]?\s+")
_BRACKETED = lazily(r"(?:(?<!\s)\s++)?\([^()]*+\)$")
_JUDGES = {"dissent": "dissenting", "concurrence": "concurring"}


def without_brackets(title: str) -> str:
    """A title without what stands in brackets at its end."""
    return _BRACKETED.sub("", title).strip()


def named_headings(question: str, document: Document) -> list[tuple[Span, Section]]:
    """Where `question` names a section of `document` by its heading, and that section; no name within another."""
    lowered = question.lower()
    found: list[tuple[Span, Section]] = []
    for title, section in sorted(_titles(document), key=lambda pair: -len(pair[0])):
        at = lowered.find(title)
        while at >= 0:
            span = _named(lowered, at, at + len(title), title)
            if span is not None and not any(one.start <= at < one.end and one != span for one, _ in found):
                found.append((span, section))
            at = lowered.find(title, at + 1)
    return found


def _titles(document: Document) -> Iterator[tuple[str, Section]]:
    """What a section may be called, in small letters."""
    for section in document.sections:
        title = " ".join(without_brackets(section.title).lower().split()).strip(" .:")
        bare = _NUMBERED.sub("", title)
        for name in {title, bare}:
            if len(name) >= _LEAST:
                yield name, section
        if section.source == "opinion":
            for name, role in _JUDGES.items():
                if role in title:
                    yield name, section


def _named(lowered: str, start: int, end: int, title: str) -> Span | None:
    """The words that name the section, with "section" beside its title; None where they are no name here."""
    if (start and lowered[start - 1].isalnum()) or lowered[end : end + 1].isalnum():
        return None
    if behind := _BEHIND.match(lowered, end):
        return Span(start, behind.end())
    if before := _BEFORE.search(lowered, 0, start):
        return Span(before.start(), end)
    plain = title in _PLAIN or title in _JUDGES
    return Span(start, end) if plain and _ASKED.search(lowered, 0, start) else None
