"""What kind a document is, and what its summary begins with: a court's outcome, a contract's parties and dates, the
findings of a paper."""

from __future__ import annotations

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
    Kind.CONTRACT: CLAUSES[:2],
    Kind.PAPER: PAPERS[2:3],
    Kind.OTHER: (),
}
"""The topics that come first."""
_OPENING = 6_000  # characters in which a contract says what it is
_CASE = any_of(r"\b(?:v\.|vs\.|versus|in re)\s")
_AGREEMENT = any_of(r"\b(?:agreement|contract|lease|deed|licen[cs]e)\b")
_SHALL = any_of(r"\b(?:shall|must|agrees? to)\b")
_LEAST_SHALL = 3
_WHOLE_PAPER = any_of(r"^\W*(?:[\dIVX]+[.)]?\s*)?(?:abstract|references|bibliography)\W*$")


def kind_of(document: Document) -> Kind:
    """The kind of `document`, by its headings and the words of its first and last pages; OTHER where they say none."""
    start = "\n".join(page.text for page in document.pages[:6])[: 4 * _OPENING]
    head, end = start[:_OPENING], "\n".join(page.text for page in document.pages[-2:])[-_OPENING:]
    signed = any(section.source == "opinion" for section in document.sections)
    if signed or ("court" in head.casefold() and _CASE.search(head) and OUTCOME.cues.search(end)):
        return Kind.OPINION
    headings = [section.title for section in document.sections]
    treated = sum(any(topic.sections.search(heading) for heading in headings) for topic in PAPERS)
    if treated > 2 and any(map(_WHOLE_PAPER.match, headings)):
        return Kind.PAPER
    named = _AGREEMENT.search(document.title) or _AGREEMENT.search(start[:1_500])
    if named and CLAUSES[0].cues.search(head) and len(_SHALL.findall(start)) >= _LEAST_SHALL:
        return Kind.CONTRACT
    return Kind.OTHER
