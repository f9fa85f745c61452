"""Quotes cut from the pages of a document."""

from docqa.app.answer.answer import Cite, Quote
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
