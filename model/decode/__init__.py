"""Writing: steps, beams, sampling, drafts, and quotations that the document has."""

__all__ = ["beams", "generate", "quotation", "sample", "step"]
