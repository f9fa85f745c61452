"""An answer, its quotes and cites, and the events that lead to it."""

__all__ = ["answer", "confidence", "events", "grades", "text"]
