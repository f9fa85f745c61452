"""Training data: questions, excerpts, claims and features."""

__all__ = ["claims", "documents", "excerpts", "replies", "sequences", "sets"]
