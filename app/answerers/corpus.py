"""The documents of one Session as all answerers use them: token ids, word index, verification, coverage."""

from __future__ import annotations

from functools import cached_property

from docqa.app.answer.answer import CoverageReport
from docqa.app.context.context import Context, lay_out
from docqa.app.evidence.ranking import WordIndex
from docqa.app.evidence.terms import terms
from docqa.app.quotes.verifier import Verifier
from docqa.app.reading.candidates import Excerpt, excerpt
from docqa.ingest.types import Document
from docqa.model.protocol import Tokenizer


class Corpus:
    """Documents in the order given; `warnings` say what was left out when they were found."""

    def __init__(self, documents: tuple[Document, ...], tokenizer: Tokenizer, warnings: list[str]) -> None:
        self.documents, self.warnings = documents, tuple(warnings)
        self._tokenizer = tokenizer

    @cached_property
    def context(self) -> Context:
        return lay_out(list(self.documents), self._tokenizer)

    @cached_property
    def index(self) -> WordIndex:
        return WordIndex.of(self.context)

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier(self.documents)

    def excerpts(self, question: str, passages: list[int]) -> list[Excerpt]:
        """What a model is shown of each of `passages`, indices of the context, for `question`."""
        wanted = set(terms(question))
        return [excerpt(self.context, index, wanted, self.index) for index in passages]

    def coverage(self, tokens_read: int, *notes: str) -> CoverageReport:
        """How much of the documents an answer rests on; `notes` come behind the documents' own warnings."""
        several = len(self.documents) > 1
        parts = [document.coverage for document in self.documents]
        of_documents = [
            f"{document.path}: {warning}" if several else warning
            for document in self.documents
            for warning in document.coverage.warnings
        ]
        return CoverageReport(
            tokens=len(self.context),
            tokens_read=tokens_read,
            pages=sum(part.pages for part in parts),
            pages_without_text=tuple(page for part in parts for page in part.pages_without_text),
            ocr_pages=tuple(page for part in parts for page in part.ocr_pages),
            hidden_spans=sum(part.hidden_spans for part in parts),
            warnings=(*self.warnings, *of_documents, *notes),
        )
