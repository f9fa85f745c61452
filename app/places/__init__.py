"""The places that words name, a section, a page, a document, and where they are."""

__all__ = ["cites", "limited", "named", "resolve", "scope"]
