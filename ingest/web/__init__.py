"""HTML, and what is read as it: EPUB, e-mail and Markdown."""

__all__ = ["email_message", "email_parts", "epub", "html", "markdown"]
