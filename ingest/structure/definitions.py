"""Defined terms and their scope: '"Site" means a building', 'ADVERTISING shall mean', 'Ansgar plc (the "Customer")'."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docqa.ingest.language.sentences import sentences
from docqa.ingest.types import Definition, Document, Section, Span

_QUOTED = r"[“\"]([^”“\"\n]{1,60})[”\"]"
_VERBS = (
    r"(?:shall\s+|will\s+)?(?:means?|(?:has|have)\s+the\s+(?:same\s+)?(?:respective\s+)?meanings?|refers?\s+to|denotes?|includes?)\b"
    r"|(?:is|are)\s+defined\b"
)
_MEANS = re.compile(
    rf"{_QUOTED}(?P<more>(?:\s*+(?:(?:,|or\b|and\b|\(|\))\s*+)*+[“\"][^”“\"\n]{{1,60}}[”\"]\)?+){{0,40}}+)\s*+"
    rf"(?:,[^,;.“\"]{{1,80}},\s*+)?(?P<verb>{_VERBS})"
)
_CAPITALS = re.compile(
    r"(?:\(?[\dA-Za-z]{1,3}(?:\.\d{1,3})*[.)]?\s+)?(?P<term>[A-Z][A-Z&/’'-]++(?:\s++(?:[A-Z&/’'-]{2,}+|of|and)(?!\S))*+)\s++"
    r"(?:shall\s+)?(?:means?|have\s+the\s+meaning|has\s+the\s+meaning)\b"
)
_INLINE = re.compile(rf"\((?P<lead>[^()“\"]{{0,60}}?)(?P<terms>{_QUOTED}[^()]{{0,120}}?)\)")
_INNER = re.compile(_QUOTED)
# What a law that is amended puts in parentheses behind a section is its heading, no term.
_HEADED = re.compile(
    r"(?:sections?|§{1,4}|articles?|rules?)\s*+[\dIVX][\w.\-–]{0,40}+\s*+(?:\([a-z0-9]{1,9}\)\s*+){0,9}+$",
    re.IGNORECASE,
)
_SCOPE = re.compile(
    r"(?:\bin|purposes?\s+of|used\s+in|under|throughout)\s+this\s+"
    r"(section|subsection|paragraph|clause|part|chapter|subchapter|article|title|division|schedule|exhibit|appendix|"
    r"annex|agreement|act|contract|lease|deed|document|policy|law)\b",
    re.IGNORECASE,
)
_WHOLE = frozenset(("agreement", "act", "contract", "lease", "deed", "document", "policy", "law"))
_INNERMOST = frozenset(("section", "subsection", "paragraph", "clause"))
_INCLUDES_WITHIN = 40
_CHAPEAU_CHARS = 400
_MAX_TERM_WORDS = 7


def find_definitions(document: Document) -> Iterator[Definition]:
    """The definitions in the order of the document."""
    for page in document.pages:
        if not re.search(r"[“\"]|\bmeans?\b", page.text):
            continue
        for span in sentences(page.text):
            yield from _in_sentence(document, page.page, page.text, span)


def _in_sentence(document: Document, page: int, text: str, span: Span) -> Iterator[Definition]:
    found = [m for m in _MEANS.finditer(text, span.start, span.end) if _defines(m, span)]
    for number, match in enumerate(found):
        # A list in one sentence: every item is a definition by itself.
        start = match.start() if number else span.start
        end = found[number + 1].start() if number + 1 < len(found) else span.end
        end = start + len(text[start:end].rstrip())
        scope = _scope(document, page, text, Span(start, end))
        for term in [match.group(1), *_INNER.findall(match["more"])]:
            if _is_term(term):
                yield Definition(_clean(term), page, start, end, scope, "means")
    if not found:
        capitals = _CAPITALS.match(text, span.start, span.end)
        if capitals and len(capitals["term"]) > 3 and len(capitals["term"].split()) <= _MAX_TERM_WORDS:
            scope = _scope(document, page, text, span)
            yield Definition(" ".join(capitals["term"].split()), page, span.start, span.end, scope, "means")
    for match in _INLINE.finditer(text, span.start, span.end):
        if not _HEADED.search(text[max(span.start, match.start() - 40) : match.start()]):
            for term in _INNER.findall(match["terms"]):
                if _is_term(term) and term[0].isupper():
                    yield Definition(_clean(term), page, span.start, span.end, None, "inline")


def _defines(match: re.Match[str], span: Span) -> bool:
    """A sentence that begins with the term defines it; a term somewhere may only be said to include something."""
    return "includ" not in match["verb"] or match.start() - span.start <= _INCLUDES_WITHIN


def _is_term(term: str) -> bool:
    term = _clean(term)
    return len(term) > 1 and len(term.split()) <= _MAX_TERM_WORDS and term[0].isalpha() and term[-1] not in ".?!"


def _clean(term: str) -> str:
    return " ".join(term.split()).strip(" ,;")


def _scope(document: Document, page: int, text: str, span: Span) -> str | None:
    """The id of the section that the definition applies to: by its own words, else by those that open its section."""
    here = document.section_of(page, span.start)
    own = _SCOPE.search(text, span.start, span.end)
    if own is None and here is not None:
        opening = document.pages[here.page - 1].text
        end = min(here.start + _CHAPEAU_CHARS, span.start if here.page == page else len(opening))
        found = list(_SCOPE.finditer(opening, here.start, end))
        own = found[-1] if found else None
    if own is None or here is None:
        return None
    return _named(document, here, own.group(1).lower())


def _named(document: Document, here: Section, kind: str) -> str | None:
    if kind in _WHOLE:
        return None
    if kind in _INNERMOST:
        return here.id
    above = document.sections_above(here)
    return next((section.id for section in above if (section.number or section.title).lower().startswith(kind)), None)
