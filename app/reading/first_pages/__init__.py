"""What a document says of itself on its first pages."""

__all__ = ["caption", "document_date", "title_page"]
