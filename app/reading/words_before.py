"""What the reader is shown before words of a page: without it they do not mean what they say."""

from docqa.ingest.structure.leads import lead_text
from docqa.ingest.types import Document
from docqa.model.heads.shown_text import Insertion, show_with_insertions


def words_shown_before(document: Document, page: int, start: int, end: int) -> list[Insertion]:
    """By offset on the page: before `start:end` their leads."""
    lead = lead_text(document, page, start, end)
    return [(start, f"{lead} ")] if lead else []


def text_with_words_before(document: Document, page: int, start: int, end: int) -> str:
    """The characters `start:end` of a page on one line, with what is shown before them."""
    before = words_shown_before(document, page, start, end)
    return show_with_insertions(document.pages[page - 1].text, start, end, before).text
