"""The documents of one Session as all answerers use them: token ids, word index, verification,
coverage.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from docqa.app.answer.answer import CoverageReport
from docqa.app.context.cached import CachedParts
from docqa.app.context.context import Context, lay_out
from docqa.app.evidence.ranking import Ranked, WordIndex, rank
from docqa.app.quotes.verifier import Verifier
from docqa.app.reading.clauses import ClauseSentence, clause_sentences
from docqa.ingest.types import Document
from docqa.model.protocol import Tokenizer

if TYPE_CHECKING:
    from docqa.model.decode.quotation import QuotableText


class Corpus:
    """Documents in the order given; `warnings`: what was left out. `opening`: the ids before the
    documents, of a chat template. `kept`: where token ids and words are kept; without it they are
    made for this Corpus alone."""

    def __init__(
        self,
        documents: tuple[Document, ...],
        tokenizer: Tokenizer,
        warnings: list[str],
        opening: Sequence[int] | None = None,
        *,
        kept: CachedParts | None = None,
    ) -> None:
        self.documents = documents
        self.warnings = tuple(warnings)
        self.tokenizer = tokenizer
        self._opening = opening
        self._kept = kept

    @cached_property
    def context(self) -> Context:
        if self._kept is None:
            return lay_out(self.documents, self.tokenizer, self._opening)
        return self._kept.context(self.documents, lambda: self.tokenizer, self._opening)

    @cached_property
    def quotable(self) -> "QuotableText":
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
    def index(self) -> WordIndex:
        return (
            WordIndex.of(self.context)
            if self._kept is None
            else WordIndex.kept(self.context, self._kept)
        )

    @cached_property
    def clause_sentences(self) -> list[ClauseSentence]:
        return clause_sentences(self.context)

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier(self.documents)

    def rank(self, question: str, **signals: Any) -> list[Ranked]:
        """All passages, best first, by words and the model's `signals`; contents and references,
        which never answer, last."""
        ranked = rank(question, self.index, **signals)
        passages = self.context.passages
        return sorted(ranked, key=lambda item: passages[item.index].passage.kind != "text")

    def coverage(self, tokens_read: int, *notes: str) -> CoverageReport:
        """How much of the documents an answer rests on; `notes` come behind the documents' own
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
