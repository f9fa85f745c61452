"""What comes first in the extract of a document of its kind, and what a summary of that kind can do without."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from docqa.app.summary.kinds import LEADS, Kind
from docqa.app.summary.salience import Scorer
from docqa.app.summary.sentences.candidates import SentenceCandidate
from docqa.app.summary.sentences.readable import any_of
from docqa.app.summary.sentences.speech import is_spoken
from docqa.app.summary.topical import Asker, choose_for_topic
from docqa.ingest.types import Document

SPOKEN, SEPARATE, DEFINED, CITING = -0.8, -1.2, -0.8, -0.6
"""What is taken from the score of speech, of an opinion that is not the court's, of a contract's definitions, and of
what a court cites of others."""
_SEPARATE = any_of(r"\b(?:concurr\w+|dissent\w+)\b")
_DEFINED = any_of(r"\b(?:shall mean|means|has the meaning)\b")
_CITING = any_of(r"\bid\.|\bsupra\b|\b\d+ (?:U\. ?S\.|F\. ?[23]d|F\.4th) ")


def bias_of(document: Document, kind: Kind, candidates: Sequence[SentenceCandidate]) -> np.ndarray:
    """What is added to the score of each candidate for the kind of its document, and for who says it, [candidates]."""
    found = np.zeros(len(candidates))
    signed = any(section.source == "opinion" for section in document.sections)
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


def leading(kind: Kind, scorer: Scorer, asker: Asker) -> list[int]:
    """The candidates that come first: of each topic the best ones, of all in the order of the topics."""
    salience = scorer.all_scores() if LEADS[kind] else np.zeros(0)
    outside = [number for number in range(len(scorer.pool.candidates)) if scorer.bias[number] <= CITING]
    chosen: list[int] = []
    for topic in LEADS[kind]:
        chosen += choose_for_topic(topic, scorer.document, scorer.pool, asker, salience, chosen, outside)
    return chosen
