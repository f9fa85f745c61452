"""The words that say what a term means: behind "means", where a definition refers to, or what an abbreviation is short
for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docqa.app.quotes.align import WORD
from docqa.app.quotes.asked_terms import (
    QUOTE,
    SAYS,
    UNQUOTE,
    asked_term,
    definition_of,
    is_abbreviation,
    named_term,
    spaced,
)
from docqa.ingest.language.expressions import lazily
from docqa.ingest.types import Definition, Document, Span

_ELSEWHERE = lazily(
    r"(?:the\s+meanings?\s+)?(?:as\s+)?(?:set\s+(?:forth|out)|given|ascribed|assigned|specified|provided|defined|stated|described)\b"
    r"[^.;\n]{0,60}?\b(?:in|by|under|to)\b",
    re.IGNORECASE,
)
"""What a definition begins with that leaves the meaning to another place."""
_STANDS = lazily(r"\b(?:stands?|short)\s+for\b|\babbreviat|\bacronym", re.IGNORECASE)
_MOST_WORDS = 40  # of a clause that is named in passing
_CLAUSE = lazily(r"[;:]\s+|,\s+")


def asked_meaning(question: str, documents: Sequence[Document]) -> tuple[int, int, Span] | None:
    """(number of the document, page, words) that say what the term means that `question` asks for; None where it asks
    for none, or nothing says so.

    Of an abbreviation what its words mean, where that is said, unless the question is what it stands for. "What is X?"
    is not answered by the words alone.
    """
    found = meaning_of(definition_of(question, documents), documents)
    term = named_term(question)
    if found is None or term is None or not is_abbreviation(term) or _STANDS.search(question):
        return found
    number, page, span = found
    text = documents[number].pages[page - 1].text
    if not re.match(rf"\s*\({QUOTE}?{re.escape(term)}", text[span.end :]):
        return found
    asked = f'What does "{text[span.start : span.end]}" mean?'
    return meaning_of(definition_of(asked, documents), documents) or (found if asked_term(question) else None)


def meaning_of(
    definitions: Sequence[tuple[int, Definition]], documents: Sequence[Document]
) -> tuple[int, int, Span] | None:
    """(number of the document, page, words) of the first of a term's definitions that says what it means.

    One that refers to another place counts as what is named there in passing, '... rejects it (a "Failure Notice")'.
    """
    referring = False
    for number, definition in definitions:
        text = documents[number].pages[definition.page - 1].text
        span = _said(text, definition)
        if span is not None and _ELSEWHERE.match(text, span.start, span.end):
            referring = True
            continue
        span = span or _long_form(text, definition)
        if span is None and referring and definition.kind != "means":
            span = _named(text, definition)
        if span is not None:
            return number, definition.page, span
    return None


def _said(text: str, definition: Definition) -> Span | None:
    """The words behind "means", to the end of the definition; None where the term is named in passing."""
    pattern = re.compile(rf"{QUOTE}?{spaced(definition.term)}{UNQUOTE}?[^.;\n]{{0,80}}?{SAYS}[\s:,]*", re.IGNORECASE)
    match = pattern.search(text, definition.start, definition.end)
    if match is None or definition.kind != "means":
        return None
    words = text[match.end() : definition.end].rstrip(" \t\n;.,")
    return Span(match.end(), match.end() + len(words)) if any(map(str.isalnum, words)) else None


def _long_form(text: str, definition: Definition) -> Span | None:
    """The words in front of "(SHORT)" that it is short for; None where its letters are not found in them.

    Letters are looked for from the last to the first, and the first begins a word (Schwartz and Hearst, 2003).
    """
    if not is_abbreviation(definition.term):
        return None
    pattern = re.compile(rf"\({QUOTE}?{re.escape(definition.term)}{UNQUOTE}?\)")
    for match in pattern.finditer(text, definition.start, definition.end):
        letters = [letter.lower() for letter in definition.term if letter.isalnum()]
        before = text[definition.start : match.start()].rstrip()
        words = list(WORD.finditer(before))[-min(len(letters) + 5, 2 * len(letters)) :]
        at = len(before)
        for number, letter in reversed(list(enumerate(letters))):
            at = _last(before, letter, words[0].start() if words else at, at, starts=number == 0)
            if at < 0:
                break
        else:
            return Span(definition.start + at, definition.start + len(before))
    return None


def _last(text: str, letter: str, start: int, end: int, *, starts: bool) -> int:
    """Where `letter` is last in `start:end`, at the beginning of a word where it `starts` one; -1 where it is not."""
    at = text.lower().rfind(letter, start, end)
    while starts and at > 0 and text[at - 1].isalnum():
        at = text.lower().rfind(letter, start, at)
    return at


def _named(text: str, definition: Definition) -> Span | None:
    """The clause in front of '(a "Term")', at most _MOST_WORDS words; None where nothing stands there."""
    term = rf"{QUOTE}{spaced(definition.term)}{UNQUOTE}"
    pattern = re.compile(rf"\([^()“\"]{{0,60}}?{term}[^()]{{0,120}}?\)", re.IGNORECASE)
    match = pattern.search(text, definition.start, definition.end)
    if match is None:
        return None
    end = definition.start + len(text[definition.start : match.start()].rstrip())
    words = [word.start() for word in WORD.finditer(text[definition.start : end])]
    if not words:
        return None
    start = definition.start
    if len(words) > _MOST_WORDS:
        start += words[-_MOST_WORDS]
        clause = _CLAUSE.search(text, start, end)
        start = clause.end() if clause is not None else start
    return Span(start, end)

