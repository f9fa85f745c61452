"""Summaries of documents and the digest of a folder: `record` is what comes out, `process` the front door."""

__all__ = ["kinds", "markdown", "parts", "process", "record", "selection", "topical", "topics"]
