"""Which passages speak to a question: terms, BM25, and the ranking that fuses all signals."""

__all__ = ["ranking", "terms"]
