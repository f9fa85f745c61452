"""HTML, and what is made of it: EPUB and e-mail."""

__all__ = ["attachments", "email_message", "epub", "html"]
