"""The kind of a document: a linear head over hashed words of its opening and headings, fitted by
`app.lab.clauses`.
"""

from enum import StrEnum

import numpy as np

from docqa.app.answer.confidence import KIND_CHANCE
from docqa.ingest.types import Document

from .clauses import hashed_sentence_features, shipped_weights

# characters, and how many, that are looked at
OPENING = 4_000
HEADINGS = 60


class DocumentKind(StrEnum):
    """The kinds that are distinguished, by their names for people."""

    CONTRACT = "contract"
    COURT = "court document"
    PAPER = "paper"
    STATUTE = "statute"
    MANUAL = "manual"
    BOOK = "book"
    OTHER = "document"


def document_kind_features(document: Document) -> np.ndarray:
    opening = "\n".join(page.text for page in document.pages[:4])[:OPENING]
    return hashed_sentence_features(
        opening, " ".join(section.title for section in document.sections[:HEADINGS])
    )


def likeliest_document_kind(document: Document) -> DocumentKind:
    """The likeliest kind of `document`; OTHER where none is likely."""
    weights, bias = shipped_weights("kinds", "kind_bias")
    found = document_kind_features(document)
    scores = weights[:, found].sum(1) * max(len(found), 1) ** -0.5 + bias
    chances = np.exp(scores - scores.max())
    best = int(chances.argmax())
    return (
        list(DocumentKind)[best]
        if chances[best] >= KIND_CHANCE * chances.sum()
        else DocumentKind.OTHER
    )
