"""PDF: characters and their places, structure, scanned pages, and the pages of a Document."""

__all__ = [
    "document",
    "errors",
    "inspection",
    "ocr",
    "pages",
    "raw_page",
    "reader",
    "streams",
]
