"""What speaks for a sentence: signals of its words, of its place and of what it announces, and their weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from docqa.app.evidence.ranking import standardise
from docqa.app.evidence.terms import terms
from docqa.app.summary.sentences.candidates import SentenceCandidate
from docqa.app.summary.sentences.readable import any_of
from docqa.app.summary.topics import AIM, CLAIM
from docqa.ingest.types import Document

WEIGHTS: dict[str, float] = {
    "words": 0.352, "title": 1.076, "document_start": 0.561, "section_end": 0.22, "paragraph_start": 0.194,
    "length": 0.712, "little_length": -0.492, "claim": 0.256, "aim": 0.416, "digits": -0.297, "methods": -0.272,
}  # fmt: skip
"""Of each signal, fitted by ridge regression on 454 abstracts, 33 papers and 58 proposals (training part)."""
_METHODS = any_of(r"\b(?:methods?|methodology|materials|patients|subjects|setting|design|procedures?)\b")


def weighted_signals(document: Document, candidates: Sequence[SentenceCandidate]) -> np.ndarray:
    """The weighted sum of the signals of each of some candidates, at least one, of one document, [candidates]."""
    found = _by_words(document, candidates) | _by_place(candidates) | _by_phrases(document, candidates)
    return np.asarray(sum(weight * found[name] for name, weight in WEIGHTS.items()))


def _by_words(document: Document, candidates: Sequence[SentenceCandidate]) -> dict[str, np.ndarray]:
    words = [terms(candidate.text) for candidate in candidates]
    frequency = Counter(word for each in words for word in set(each))
    titled = set(terms(document.title))
    total = np.log1p(len(candidates))
    common = np.array([sum(np.log1p(frequency[w]) for w in set(e)) / total / max(len(set(e)), 1) for e in words])
    return {
        "words": np.clip(standardise(common), -3, 3),
        "title": np.array([len(titled.intersection(each)) / max(len(titled), 1) for each in words]),
    }


def _by_place(candidates: Sequence[SentenceCandidate]) -> dict[str, np.ndarray]:
    count = len(candidates)
    at = np.arange(count)
    last = {candidate.section: number for number, candidate in enumerate(candidates)}
    until = np.array([last[candidate.section] - number for number, candidate in enumerate(candidates)])
    words = np.array([len(candidate.text.split()) for candidate in candidates])
    length = np.clip(np.log(np.maximum(words, 1) / 20), -1.5, 1.0)
    # From 1 for ten sentences down to 0 for three hundred: in an abstract a long sentence is most of the summary.
    little = float(np.clip(1 - np.log(max(count, 1) / 10) / np.log(30), 0, 1))
    return {
        "document_start": 1 / (1 + at / 3),
        "section_end": 1 / (1 + until),
        "paragraph_start": np.array([1.0 if candidate.line == 0 else 0.0 for candidate in candidates]),
        "length": length,
        "little_length": little * length,
    }


def _by_phrases(document: Document, candidates: Sequence[SentenceCandidate]) -> dict[str, np.ndarray]:
    def of_methods(each: SentenceCandidate) -> bool:
        heading = " / ".join(document.section_path(each.section)[-2:])
        return _METHODS.search(heading) is not None or _METHODS.search(_label(each.text)) is not None

    texts = [candidate.text for candidate in candidates]
    return {
        "claim": np.array([float(bool(CLAIM.search(text))) for text in texts]),
        "aim": np.array([float(bool(AIM.search(text))) for text in texts]),
        "digits": np.array([min(sum(map(str.isdigit, text)) / max(len(text), 1) * 10, 1) for text in texts]),
        "methods": np.array([float(of_methods(each)) for each in candidates]),
    }


def _label(text: str) -> str:
    """The label that opens a sentence of a structured abstract ("RESULTS: ..."); empty where there is none."""
    head, colon, _ = text[:40].partition(":")
    return head if colon and head.isupper() else ""
