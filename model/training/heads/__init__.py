"""Training of the evidence head, and the start of the passage encoder."""

__all__ = ["evidence"]
