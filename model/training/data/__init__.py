"""Training data: questions, excerpts, claims and features."""

__all__ = ["claims", "excerpts", "features", "replies", "sequences", "sets"]
