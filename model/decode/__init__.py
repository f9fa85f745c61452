"""Writing: steps, sampling, drafts, and quotations that the document has."""

__all__ = ["continuation", "generate", "quotation", "sample", "step"]
