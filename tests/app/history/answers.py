"""Answers with quotes cut from the pages of a document."""

from docqa.app.answer.answer import Answer, Cite, CoverageReport, EvidenceItem, Quote, Usage
from docqa.app.answer.grades import Grade, Place
from docqa.ingest.types import Document


def quote_of(document: Document, words: str, answer: str, grade: str = "exact") -> Quote:
    """`words` of the page that has them, and in them the answer."""
    page = next(page for page in document.pages if words in page.text)
    start = page.text.index(words)
    answer_start = words.index(answer)
    cite = Cite(document.path, page.page, page.label, None, start, start + len(words))
    return Quote(
        words, answer_start, answer_start + len(answer), Grade(grade), Place.AS_CITED, (cite,)
    )


def answer_of(document: Document, question: str, *quotes: Quote, **changes) -> Answer:
    """The answer that the first quote shows, or a refusal; its evidence is the last page."""
    first = quotes[0] if quotes else None
    page = document.pages[-1]
    values = {
        "status": "answered" if quotes else "not_found",
        "question": question,
        "answer": first.text[first.answer_start : first.answer_end] if first else None,
        "refused": not quotes,
        "confidence": 0.9,
        "quotes": quotes,
        "evidence": (EvidenceItem(document.path, page.page, page.label, 1.0, page.text),),
        "coverage": CoverageReport(40, 40, len(document.pages)),
        "usage": Usage(40, 0, 0.1, False),
    }
    return Answer(**{**values, **changes})
