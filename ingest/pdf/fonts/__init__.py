"""Letters that pdfium alone does not get from a PDF's fonts: ligatures, fonts that are nowhere."""

__all__ = ["ligatures"]
