"""Summaries of documents and the digest of a folder."""

__all__ = ["markdown", "parts", "process", "record", "topics"]
