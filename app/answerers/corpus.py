"""The documents of one Session as all answerers use them: token ids, word index, verification,
coverage.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from docqa.app.answer.answer import CoverageReport
from docqa.app.context.cached import DocumentPartsCache
from docqa.app.context.context import Context, lay_out
from docqa.app.evidence.ranking import RankedPassage, WordIndex, rank_by_words
from docqa.app.quotes.verifier import Verifier
from docqa.app.reading.clauses import ClauseSentence, clause_sentences
from docqa.app.reading.premises import missing_words
from docqa.ingest.types import Document
from docqa.model.protocol import Tokenizer

if TYPE_CHECKING:
    from docqa.model.decode.quotation import QuotableText


@dataclass
class Corpus:
    """Documents in the order given; `warnings`: what was left out. `opening`: the ids before the
    documents, of a chat template. `cache`: of token ids and word indices; without it they are made
    for this Corpus alone.
    Mutable: it caches what it makes."""

    documents: tuple[Document, ...]
    tokenizer: Tokenizer
    warnings: Sequence[str]
    opening: Sequence[int] | None = None
    cache: DocumentPartsCache | None = None
    _missing_words: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False)

    @cached_property
    def context(self) -> Context:
        if not self.cache:
            return lay_out(self.documents, self.tokenizer, self.opening)
        return self.cache.load_or_lay_out_context(
            self.documents, lambda: self.tokenizer, self.opening
        )

    @cached_property
    def single_documents(self) -> list["Corpus"]:
        """A Corpus of each document alone."""
        if len(self.documents) == 1:
            return [self]
        return [replace(self, documents=(document,), warnings=()) for document in self.documents]

    @cached_property
    def quotable_text(self) -> "QuotableText":
        """The words of all pages, which a model that writes may quote; over the end of a page, not
        of a document.
        """
        from docqa.model.decode.quotation import QuotableText

        texts = (
            " ".join(" ".join(page.text for page in document.pages).split())
            for document in self.documents
        )
        return QuotableText("\0".join(texts))

    @cached_property
    def word_index(self) -> WordIndex:
        if not self.cache:
            return WordIndex.from_context(self.context)
        return WordIndex.load_or_build(self.context, self.cache)

    @cached_property
    def clause_sentences(self) -> list[ClauseSentence]:
        return clause_sentences(self.context)

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier(self.documents)

    def ranked_by_words(self, question: str) -> list[RankedPassage]:
        """All passages, best first, by BM25; contents and references, which never answer, last."""
        return rank_by_words(question, self.word_index, self.context)

    def missing_words(self, question: str) -> tuple[str, ...]:
        """The names and years of `question` that no document has."""
        if question not in self._missing_words:  # looks at all words of all documents
            self._missing_words[question] = missing_words(
                question, self.word_index, self.documents, self.tokenizer.encode
            )
        return self._missing_words[question]

    def coverage_report(self, tokens_read: int, *notes: str) -> CoverageReport:
        """How much of the documents an answer rests on; `notes` come after the documents' own
        warnings.
        """
        parts = [document.coverage for document in self.documents]
        names = [f"{document.path}: " if len(parts) > 1 else "" for document in self.documents]
        of_documents = (
            name + warning for name, part in zip(names, parts) for warning in part.warnings
        )
        return CoverageReport(
            tokens=len(self.context),
            tokens_read=tokens_read,
            pages=sum(part.pages for part in parts),
            pages_without_text=tuple(page for part in parts for page in part.pages_without_text),
            ocr_pages=tuple(page for part in parts for page in part.ocr_pages),
            hidden_spans=sum(part.hidden_spans for part in parts),
            warnings=(*self.warnings, *of_documents, *notes),
        )
