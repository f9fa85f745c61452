"""Somebody else's text against the documents: its quotations, its cites, and the report on both."""

__all__ = ["checked_text", "quotations", "verification", "verification_report"]
