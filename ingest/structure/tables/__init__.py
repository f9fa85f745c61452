"""Tables of a page: those in plain text, and what names the columns, rows and values of each."""

__all__ = ["described", "in_text", "named"]
