"""What kind a document is, and what its summary begins with: a court's outcome, a contract's parties and dates, the
findings of a paper."""

from __future__ import annotations

import re
from enum import StrEnum

from docqa.app.summary.sentences.readable import any_of
from docqa.app.summary.topics import CLAUSES, OUTCOME, PAPERS, Topic
from docqa.ingest.types import Document


class Kind(StrEnum):
    """What a document is, as far as its summary depends on it."""

    OPINION = "opinion"
    CONTRACT = "contract"
    PAPER = "paper"
    OTHER = "other"


LEADS: dict[Kind, tuple[Topic, ...]] = {
    Kind.OPINION: (OUTCOME,),
    Kind.CONTRACT: tuple(topic for topic in CLAUSES if topic.heading in ("Parties", "Dates and term")),
    Kind.PAPER: tuple(topic for topic in PAPERS if topic.heading == "Result"),
    Kind.OTHER: (),
}
"""The topics that come first."""
FIRST: dict[Kind, str] = {
    Kind.OPINION: "what the court decided and who won, then why",
    Kind.CONTRACT: "who the parties are, then the dates and how long it lasts",
    Kind.PAPER: "what was found",
    Kind.OTHER: "",
}
"""The same in words, for a model that writes."""
_OPENING = 6_000  # characters in which a contract says what it is
_COURT = any_of(r"""
    \b(?:supreme court|court of appeals?|district court|circuit|tribunal|high court)\b
    """)
_CASE = re.compile(r"\b(?:v\.|vs\.|versus|in re)\s", re.IGNORECASE)
_DECIDED = any_of(r"""
    \b(?:affirm(?:ed|s)?|revers(?:ed|es)|vacat(?:ed|es)|remand(?:ed|s)?|appeal is (?:dismissed|allowed))\b
    \bdelivered the opinion\b|\bit is so ordered\b|\bwe hold that\b
    """)
_AGREEMENT = re.compile(
    r"\b(?:agreement|contract|lease|tenancy|deed|licen[cs]e|memorandum of understanding|terms of service)\b", re.I
)
_BETWEEN = any_of(r"""
    \bby and (?:between|among)\b|\b(?:agreement|contract|lease|deed)\b[^.]{0,160}\b(?:between|among)\b
    \b(?:entered into|made (?:as of|on|this)|dated as of)\b
    \((?:[^()]{0,60})?[“"](?:the )?[\w’' -]{2,40}[”"]\)
    """)
_SHALL = re.compile(r"\b(?:shall|must|agrees? to|undertakes? to)\b", re.IGNORECASE)
_LEAST_SHALL = 3
_PAPER_PARTS = (
    any_of(r"^\W*(?:[\dIVX]+[.)]?\s*)?abstract\W*$"),
    any_of(r"^\W*(?:[\dIVX]+[.)]?\s*)?(?:references|bibliography|literature cited|works cited)\W*$"),
    any_of(r"\b(?:introduction|background)\b"),
    any_of(r"\b(?:methods?|methodology|materials|experiment\w*|experimental setup)\b"),
    any_of(r"\b(?:results?|findings|evaluation|discussion)\b"),
    any_of(r"\bconclu\w+\b"),
)
_LEAST_PARTS = 3


def kind_of(document: Document) -> Kind:
    """The kind of `document`, by its headings and the words of its first and last pages; OTHER where they say none."""
    start = _text(document, last=False)
    if any(section.source == "opinion" for section in document.sections):
        return Kind.OPINION
    head = start[:_OPENING]
    if _COURT.search(head) and _CASE.search(head) and _DECIDED.search(_text(document, last=True)):
        return Kind.OPINION
    headings = [section.title for section in document.sections]
    found = [any(pattern.search(heading) for heading in headings) for pattern in _PAPER_PARTS]
    if sum(found) >= _LEAST_PARTS and any(found[:2]):
        return Kind.PAPER
    named = _AGREEMENT.search(document.title) or _AGREEMENT.search(start[:1_500])
    if named and _BETWEEN.search(head) and len(_SHALL.findall(start)) >= _LEAST_SHALL:
        return Kind.CONTRACT
    return Kind.OTHER


def _text(document: Document, *, last: bool) -> str:
    """The words of the first pages, or of the last ones."""
    pages = document.pages[-2:] if last else document.pages[:6]
    text = "\n".join(page.text for page in pages)
    return text[-_OPENING:] if last else text[: 4 * _OPENING]
