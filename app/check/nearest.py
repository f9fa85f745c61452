"""The text that comes nearest to a quotation which is in no document: what its writer may have had in mind."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from docqa.app.evidence.terms import terms
from docqa.app.quotes.difference import closest_range
from docqa.app.quotes.normalise import fold
from docqa.app.quotes.sentence_runs import Sentences
from docqa.app.quotes.verifier import CitedPlace, Located, Verifier, too_short
from docqa.ingest.types import Document

_LEAST_SCORE = 60.0
"""rapidfuzz partial ratio (0 to 100) under which a text is not like a quotation."""


def nearest_text(
    quotation: str, documents: Sequence[Document], verifier: Verifier, hints: Sequence[CitedPlace | None]
) -> Located | None:
    """The place most like `quotation`, None where nothing is like it: around those of its sentences that are there,
    else the best alignment with the page that has most of its words.
    """
    if too_short(quotation):
        return None
    anchor = _anchor(quotation, verifier, hints) or _aligned(quotation, documents)
    if anchor is None:
        return None
    text = documents[anchor.document].pages[anchor.page - 1].text
    missing = max(0, len(quotation) - (anchor.end - anchor.start))
    start, end = max(0, anchor.start - missing), min(len(text), anchor.end + missing)
    return Located(anchor.document, anchor.page, *closest_range(quotation, text, start, end))


def _anchor(quotation: str, verifier: Verifier, hints: Sequence[CitedPlace | None]) -> Located | None:
    """Where the longest sentence of several is that is in a document."""
    found = Sentences(quotation)
    parts = [quotation[span.start : span.end] for span in found.spans] if len(found.spans) > 1 else []
    for part in sorted(parts, key=len, reverse=True):
        verdict = verifier.verify(part, hints[0] if hints else None)
        if verdict.verified and not too_short(part):
            return verdict.spans[0]
    return None


def _aligned(quotation: str, documents: Sequence[Document]) -> Located | None:
    from rapidfuzz import fuzz

    wanted = set(terms(quotation))
    pages = [(number, page) for number, document in enumerate(documents) for page in document.pages]
    number, page = max(pages, key=lambda pair: len(wanted & _page_terms(pair[1].text)), default=(0, None))
    if page is None:
        return None
    folded = fold(page.text)
    best = fuzz.partial_ratio_alignment(fold(quotation).text, folded.text, score_cutoff=_LEAST_SCORE)
    if best is None or best.dest_start >= best.dest_end:
        return None
    return Located(number, page.page, folded.original_start(best.dest_start), folded.original_end(best.dest_end))


@lru_cache(maxsize=2_048)
def _page_terms(text: str) -> frozenset[str]:
    return frozenset(terms(text))
