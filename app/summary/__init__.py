"""Summaries of documents and the digest of a folder."""

__all__ = ["kinds", "markdown", "parts", "process", "record", "selection", "topical", "topics"]
