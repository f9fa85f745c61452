"""Documents that the tests read from bytes."""

from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document, Page


def read_bytes(name: str, data: bytes) -> Document:
    return read(ReadRequest(name, data))


def first_page(name: str, data: bytes) -> Page:
    return read_bytes(name, data).pages[0]


def read_pdf(data: bytes) -> Document:
    return read_bytes("a.pdf", data)


def pdf_page(data: bytes) -> Page:
    """The first page of a PDF."""
    return read_pdf(data).pages[0]


def first_text(document: Document) -> str:
    """The text of the first page: all of it where there are no pages."""
    return document.pages[0].text


def sections_of(document: Document) -> list[tuple[str | None, str, int, str | None]]:
    """The number, the title, the level and the label of each section."""
    return [(s.number, s.title, s.level, s.label) for s in document.sections]
