"""Summaries of documents and the digest of a folder: `record` is what comes out, `process` the front door."""

__all__ = ["candidates", "markdown", "process", "readable", "record", "salience", "selection", "signals"]
