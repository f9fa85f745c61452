"""The section tree of a document as an object for JSON."""

from typing import Any

from docqa.ingest.types import Document

_FIELDS = (
    "id",
    "parent",
    "number",
    "title",
    "locator",
    "level",
    "page",
    "label",
    "start",
    "source",
    "confidence",
)


def outline_object(document: Document) -> dict[str, Any]:
    return {
        "file": document.path,
        "title": document.title,
        "pages": len(document.pages) if document.paged else None,
        "sections": [
            {name: getattr(section, name) for name in _FIELDS}
            | ({} if document.paged else {"page": None})
            for section in document.sections
        ],
    }
