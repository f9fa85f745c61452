"""DOCX."""

__all__ = ["reader"]
