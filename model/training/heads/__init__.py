"""Training of the evidence head and the span head."""

__all__ = ["evidence", "span"]
