"""Who sent an e-mail, when, to whom and about what: what its headers say answers before anything that was read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from docqa.app.reading.candidates import BY_CELL, BY_STRUCTURE, Candidate, Candidates, Form
from docqa.ingest.types import Document, Span

_EMAIL = "message/rfc822"
_MESSAGE = r"(?:the |this |that )?(?:e-?mail|message|mail)"
_WHO = rf"(?:who (?:sent|wrote|has sent|has written|is the (?:sender|author) of)|from whom (?:is|was|came)) {_MESSAGE}"
_ASKED = (
    (rf"to whom (?:was|is|did) .{{0,40}}?{_MESSAGE}|who (?:received|is the recipient of) {_MESSAGE}", ("To",)),
    (rf"{_WHO},? and (?:when|on what (?:date|day))(?: (?:was it sent|did they send it))?", ("From", "Date")),
    (_WHO, ("From",)),
    (rf"(?:when|on what (?:date|day)) (?:was|is) {_MESSAGE} (?:sent|written|dated)", ("Date",)),
    (rf"when (?:sent|wrote) {_MESSAGE}|what is the date of {_MESSAGE}", ("Date",)),
    (rf"what is the subject(?: line)?(?: of {_MESSAGE})?", ("Subject",)),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), names) for pattern, names in _ASKED)


def with_header(found: Candidates, question: str, documents: Sequence[Document]) -> Candidates:
    """`found` with the headers that the question asks for as the answer, where one e-mail is meant: the only one, or
    the one to which the others are attached."""
    names = next((names for pattern, names in _PATTERNS if pattern.fullmatch(question.strip(" ?.!"))), ())
    number = _meant(documents) if names and not found.signals.get(BY_STRUCTURE) else None
    if number is None:
        return found
    values = [_value(documents[number], name) for name in names]
    spans = [value for value in values if value is not None]
    if len(spans) < len(names):
        return found
    items = tuple(_candidate(found, number, line, value) for line, value in spans)
    several = len(items) > 1
    return replace(
        found, candidates=(*items, *found.candidates), form=Form.LIST if several else Form.FACT, verdict=None,
        items=items if several else (), signals={**found.signals, BY_CELL: 1.0},
    )  # fmt: skip


def _meant(documents: Sequence[Document]) -> int | None:
    emails = [number for number, document in enumerate(documents) if document.media_type == _EMAIL]
    if not emails:
        return None
    first = documents[emails[0]].path
    attached = all(documents[number].path.startswith(f"{first}/") for number in emails[1:])
    return emails[0] if attached else None


def _value(document: Document, name: str) -> tuple[Span, Span] | None:
    """The line of the header `name`, and what it says; None where there is none."""
    text = document.pages[0].text
    end = document.pages[0].blocks[0].end if document.pages[0].blocks else 0
    match = re.compile(rf"^{name}: ([^\n]+)", re.MULTILINE).search(text, 0, end)
    return (Span(match.start(), match.end()), Span(match.start(1), match.end())) if match else None


def _candidate(found: Candidates, document: int, line: Span, value: Span) -> Candidate:
    first = found.candidates[0] if found.candidates else Candidate(0, 0, 1, 0, 0, 0.0, 1, 0.0)
    return replace(first, document=document, page=1, start=value.start, end=value.end, quoted=line)
