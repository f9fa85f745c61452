"""Writing: steps, sampling, drafts, and quotations that the document has."""
