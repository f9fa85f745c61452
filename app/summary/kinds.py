"""What kind a document is, what its summary begins with (a court's outcome, a contract's parties and dates, the
findings of a paper), and what a summary of that kind can do without."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from docqa.app.summary.selection import Pool
from docqa.app.summary.sentences.candidates import SentenceCandidate, is_spoken
from docqa.app.summary.sentences.readable import any_of
from docqa.app.summary.topical import choose_for_topic
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
SPOKEN, SEPARATE, DEFINED, CITING = -0.8, -1.2, -0.8, -0.6
"""What is taken from the score of speech, of an opinion that is not the court's, of a contract's definitions, and of
what a court cites of others."""
_OPENING = 6_000  # characters in which a contract says what it is
_CASE = any_of(r"\b(?:v\.|vs\.|versus|in re)\s")
_AGREEMENT = any_of(r"\b(?:agreement|contract|lease|deed|licen[cs]e)\b")
_SHALL = any_of(r"\b(?:shall|must|agrees? to)\b")
_LEAST_SHALL = 3
_SEPARATE = any_of(r"\b(?:concurr\w+|dissent\w+)\b")
_DEFINED = any_of(r"\b(?:shall mean|means|has the meaning)\b")
_CITING = any_of(r"\bid\.|\bsupra\b|\b\d+ (?:U\. ?S\.|F\. ?[23]d|F\.4th) ")
_WHOLE_PAPER = any_of(r"^\W*(?:[\dIVX]+[.)]?\s*)?(?:abstract|references|bibliography)\W*$")


def kind_of(document: Document) -> Kind:
    """The kind of `document`, by its headings and the words of its first and last pages; OTHER where they say none."""
    start = "\n".join(page.text for page in document.pages[:6])[: 4 * _OPENING]
    head, end = start[:_OPENING], "\n".join(page.text for page in document.pages[-2:])[-_OPENING:]
    if _is_signed(document) or ("court" in head.casefold() and _CASE.search(head) and OUTCOME.cues.search(end)):
        return Kind.OPINION
    headings = [section.title for section in document.sections]
    treated = sum(any(topic.sections.search(heading) for heading in headings) for topic in PAPERS)
    if treated > 2 and any(map(_WHOLE_PAPER.match, headings)):
        return Kind.PAPER
    named = _AGREEMENT.search(document.title) or _AGREEMENT.search(start[:1_500])
    if named and CLAUSES[0].cues.search(head) and len(_SHALL.findall(start)) >= _LEAST_SHALL:
        return Kind.CONTRACT
    return Kind.OTHER


def bias_of(document: Document, kind: Kind, candidates: Sequence[SentenceCandidate]) -> np.ndarray:
    """What is added to the score of each candidate for the kind of its document, and for who says it, [candidates]."""
    found = np.zeros(len(candidates))
    signed = _is_signed(document)
    for number, each in enumerate(candidates):
        if is_spoken(document, each.page, each.start, each.end):
            found[number] += SPOKEN
        judge = document.speaker_of(each.page, each.start)
        if signed and (judge is None or _SEPARATE.search(judge)):
            found[number] += SEPARATE
        if kind is Kind.OPINION and _CITING.search(each.text):
            found[number] += CITING
        if kind is Kind.CONTRACT and _DEFINED.search(each.text):
            found[number] += DEFINED
    return found


def leading(kind: Kind, pool: Pool) -> list[int]:
    """The candidates that come first: of each topic the best ones, of all in the order of the topics."""
    salience = pool.all_scores() if LEADS[kind] else np.zeros(0)
    outside = [number for number, bias in enumerate(pool.bias) if bias <= CITING]
    chosen: list[int] = []
    for topic in LEADS[kind]:
        chosen += choose_for_topic(topic, pool, salience, chosen, outside)
    return chosen


def _is_signed(document: Document) -> bool:
    """Whether judges have signed opinions in it."""
    return any(section.source == "opinion" for section in document.sections)
