"""Bytes in, Document out. Knows no torch, no tokenizer, no app; the libraries of each format load when it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docqa.ingest.errors import EmptyError as EmptyError
    from docqa.ingest.errors import Encrypted as Encrypted
    from docqa.ingest.errors import IngestError as IngestError
    from docqa.ingest.errors import MissingError as MissingError
    from docqa.ingest.errors import NoDocuments as NoDocuments
    from docqa.ingest.errors import NotADocument as NotADocument
    from docqa.ingest.errors import NoText as NoText
    from docqa.ingest.errors import TooLarge as TooLarge
    from docqa.ingest.errors import Unreadable as Unreadable
    from docqa.ingest.types import Block as Block
    from docqa.ingest.types import Coverage as Coverage
    from docqa.ingest.types import Document as Document
    from docqa.ingest.types import Page as Page
    from docqa.ingest.types import Passage as Passage
    from docqa.ingest.types import Section as Section
    from docqa.ingest.types import Span as Span

_TYPES = ("Block", "Coverage", "Document", "Page", "Passage", "Section", "Span")
__all__ = [
    "Block", "Coverage", "Document", "EmptyError", "Encrypted", "IngestError", "MissingError", "NoDocuments", "NoText",
    "NotADocument", "Page", "Passage", "Section", "Span", "TooLarge", "Unreadable",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first used: who only catches an error needs no Document."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{'types' if name in _TYPES else 'errors'}"), name)
