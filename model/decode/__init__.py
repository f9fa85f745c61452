"""Writing: steps, beams, sampling, drafts, copying spans, and quotations that the document has."""

__all__ = ["beams", "copy", "generate", "quotation", "sample", "step"]
