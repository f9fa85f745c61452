"""Training data: questions, excerpts, claims and features."""

__all__ = ["claims", "documents", "excerpts", "focus", "replies", "sequences", "sets"]
