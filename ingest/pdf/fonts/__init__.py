"""What the fonts of a PDF say of their letters where pdfium reads it wrongly, and a stand-in for missing fonts."""

__all__ = ["ligatures", "mac_roman", "misread", "stand_in"]
