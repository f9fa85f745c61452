"""Text that stands as it is: plain text, Markdown, USLM XML."""

__all__ = ["markdown", "text", "uslm"]
