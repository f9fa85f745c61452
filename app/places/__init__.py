"""The places that words name, a section, a page, a document, and where they are in the documents."""

__all__ = ["cites", "limited", "named", "resolve", "scope"]
