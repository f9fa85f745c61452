"""Bytes in, Document out. Knows no torch, no tokenizer, no app; the libraries of each format load when it is read."""

from docqa.ingest.errors import (
    EmptyError,
    Encrypted,
    IngestError,
    MissingError,
    NoDocuments,
    NotADocument,
    NoText,
    TooLarge,
    Unreadable,
)
from docqa.ingest.types import Block, Coverage, Document, Page, Passage, Section, Span

__all__ = [
    "Block", "Coverage", "Document", "EmptyError", "Encrypted", "IngestError", "MissingError", "NoDocuments", "NoText",
    "NotADocument", "Page", "Passage", "Section", "Span", "TooLarge", "Unreadable",
]  # fmt: skip
