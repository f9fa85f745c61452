"""HTML, and what is made of it: EPUB and e-mail."""

__all__ = ["email_message", "email_parts", "epub", "html"]
