"""Answers that were shown already, so that the next best one is another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docqa.app.answer.answer import Cite, Quote
from docqa.app.quotes.normalise import fold
from docqa.app.reading.candidates import Candidate
from docqa.ingest.types import Document


@dataclass(frozen=True)
class ShownAnswers:
    """The cites of quotes with an answer, and the folded words of those answers."""

    cites: tuple[Cite, ...]
    words: frozenset[str]

    @classmethod
    def of(cls, quotes: Sequence[Quote]) -> ShownAnswers:
        """Those of `quotes`; one that only defines a term has no answer."""
        answers = [quote for quote in quotes if quote.answer_start is not None]
        words = frozenset(fold(quote.text[quote.answer_start : quote.answer_end]).text for quote in answers)
        return cls(tuple(cite for quote in answers for cite in quote.cites), words)

    def hold(self, candidate: Candidate, documents: Sequence[Document]) -> bool:
        """Whether `candidate` lies in one of the quotes, or says the same words elsewhere."""
        document = documents[candidate.document]
        said = fold(document.pages[candidate.page - 1].text[candidate.start : candidate.end]).text
        return said in self.words or any(
            cite.file == document.path
            and (cite.page or 1) == candidate.page
            and cite.start < candidate.end
            and candidate.start < cite.end
            for cite in self.cites
        )
