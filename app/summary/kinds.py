"""What speaks for and against the sentences of a kind of document, and what its summary begins
with.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from docqa.app.reading.clauses import SEPARATE as OF_ONE_JUDGE
from docqa.app.reading.document_kind import DocumentKind
from docqa.ingest.types import Document

from .selection import Pool
from .sentences.candidates import SentenceCandidate, is_spoken
from .sentences.readable import pattern_of_any
from .topical import choose_for_topic
from .topics import LEADS, WEIGHTY

SPOKEN = -0.8
SEPARATE = -1.2
DEFINED = -0.8
CITING = -0.6
WEIGHT = 0.8
"""Taken from the score of speech, of an opinion that is not the court's, of definitions, of what a
court cites; and what a sentence gets that surely states a topic of its kind of document."""
_DEFINED = pattern_of_any(r"\b(?:shall mean|means|has the meaning)\b")
_CITING = pattern_of_any(r"\bid\.|\bsupra\b|\b\d+ (?:U\. ?S\.|F\. ?[23]d|F\.4th) ")


def bias_of(
    document: Document, kind: DocumentKind, candidates: Sequence[SentenceCandidate]
) -> np.ndarray:
    """What is added to the score of each candidate for the kind of its document, and for who says
    it, [candidates].
    """
    bias = np.zeros(len(candidates))
    signed = any(section.source == "opinion" for section in document.sections)  # by judges
    for number, candidate in enumerate(candidates):
        if is_spoken(document, candidate.page, candidate.start, candidate.end):
            bias[number] += SPOKEN
        judge = document.speaker_of(candidate.page, candidate.start)
        if signed and (judge is None or OF_ONE_JUDGE.search(judge)):
            bias[number] += SEPARATE
        if kind is DocumentKind.COURT and _CITING.search(candidate.text):
            bias[number] += CITING
        if kind is DocumentKind.CONTRACT and _DEFINED.search(candidate.text):
            bias[number] += DEFINED
    return bias


def pool_with_topic_weights(kind: DocumentKind, pool: Pool) -> Pool:
    """`pool` with what its sentences get that state a topic of the kind of document."""
    stated = [pool.chances_of_stating(topic) for topic in WEIGHTY.get(kind, ()) if topic.clauses]
    return replace(pool, bias=pool.bias + WEIGHT * np.max(stated, axis=0)) if stated else pool


def leading_candidates(kind: DocumentKind, pool: Pool) -> list[int]:
    """The candidates that come first: of each topic the best ones, in the order of the topics."""
    topics = LEADS.get(kind, ())
    salience = pool.all_scores() if topics else np.zeros(0)
    outside = [number for number, bias in enumerate(pool.bias) if bias <= CITING]
    chosen: list[int] = []
    for topic in topics:
        chosen += choose_for_topic(topic, pool, salience, chosen, outside)
    return chosen
