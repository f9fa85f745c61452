"""The defined terms that a quote uses, each with the definition in force at the quote."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docqa.app.quotes.asked_terms import asked_term, same_term
from docqa.ingest.types import Definition, Document, Span

MOST_DEFINITIONS = 2
"""Definitions that one answer carries."""


def definitions_in_force(document: Document, page: int, quote: Span, answer: Span, question: str) -> list[Definition]:
    """The definitions of the terms in `quote` that matter to the answer, at most two: those of terms in `answer`, then
    those that the question spells as the document does or that are names of several words. `quote` and `answer` are
    ranges of the text of `page`.

    A definition that is in the quote itself is left out, and so is a term inside a longer one ("Alarm" in "Critical
    Alarm"). A question for what a term means gets that term's definition alone.
    """
    chosen: dict[tuple[int, int], Definition] = {}
    for _, use in sorted(_uses(document, page, quote, answer, question), key=lambda use: use[0]):
        chosen.setdefault((use.page, use.start), use)
    return list(chosen.values())[:MOST_DEFINITIONS]


def _uses(
    document: Document, page: int, quote: Span, answer: Span, question: str
) -> Iterator[tuple[tuple[bool, bool, int], Definition]]:
    """The terms in a quote: what orders them, and the definition that counts there."""
    text = document.pages[page - 1].text[quote.start : quote.end]
    lowered = text.lower()
    above = {section.id for section in document.sections_above(document.section_of(page, quote.start))}
    taken: list[Span] = []
    asked = asked_term(question)
    terms = {d.term for d in document.definitions if d.term.lower() in lowered}
    for term in sorted(terms, key=lambda term: (-len(term), term)):
        found = [m.span() for m in _pattern(term).finditer(text) if not _inside(m.span(), taken)]
        if not found:
            continue
        taken += [Span(*span) for span in found]
        definition = _in_force([d for d in document.definitions if d.term == term], above)
        if definition is None or _overlaps(definition, page, quote):
            continue
        if asked is not None and not same_term(term, asked):
            continue
        in_answer = any(quote.start + a < answer.end and answer.start < quote.start + b for a, b in found)
        in_question = term[0].isupper() and _pattern(term).search(question) is not None
        special = term[0].isupper() and len(term.split()) > 1  # "person" and "Party" explain little beside an answer
        if in_answer or in_question or special:
            yield (not in_answer, not in_question, found[0][0]), definition


def _pattern(term: str) -> re.Pattern[str]:
    """`term` as a word of its own, or its plural. A term in capitals may be set in small letters with capital
    initials; one in small letters (of a statute) may begin a sentence."""
    words = re.escape(term)
    if term.isupper() and len(term.split()) > 1:
        words = "|".join((words, re.escape(term.title())))
    elif term.islower():
        words = f"[{term[0]}{term[0].upper()}]{re.escape(term[1:])}"
    return re.compile(rf"(?<![\w-])(?:{words})(?:e?s)?(?![\w-])")


def _inside(span: tuple[int, int], taken: list[Span]) -> bool:
    return any(other.start <= span[0] and span[1] <= other.end for other in taken)


def _in_force(definitions: list[Definition], above: set[str]) -> Definition | None:
    """The one with the narrowest scope around the quote; what "means" something before what is named in passing."""
    holding = [d for d in definitions if d.scope is None or d.scope in above]
    return min(holding, key=lambda d: (-len(d.scope or ""), d.kind != "means"), default=None)


def _overlaps(definition: Definition, page: int, quote: Span) -> bool:
    return definition.page == page and definition.start < quote.end and quote.start < definition.end
