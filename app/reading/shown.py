"""Answers that were shown already, so that the next best one is another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docqa.app.answer.answer import Quote
from docqa.app.quotes.normalise import fold
from docqa.app.reading.candidates import Candidate
from docqa.ingest.types import Document


def not_shown(
    candidates: Iterable[Candidate], quotes: Sequence[Quote], documents: Sequence[Document]
) -> tuple[Candidate, ...]:
    """Those of `candidates` that are not in one of `quotes`, and do not say the words that one of them answers with.

    A quote that only defines a term has no answer, and does not count.
    """
    answers = [quote for quote in quotes if quote.answer_start is not None]
    words = {fold(quote.text[quote.answer_start : quote.answer_end]).text for quote in answers}
    cites = [cite for quote in answers for cite in quote.cites]

    def shown(item: Candidate) -> bool:
        document = documents[item.document]
        if fold(document.pages[item.page - 1].text[item.start : item.end]).text in words:
            return True
        near = (cite for cite in cites if cite.file == document.path and (cite.page or 1) == item.page)
        return any(cite.start < item.end and item.start < cite.end for cite in near)

    return tuple(item for item in candidates if not shown(item))
