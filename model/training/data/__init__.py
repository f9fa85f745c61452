"""Training data: questions, excerpts, claims and features."""

__all__ = ["claims", "excerpts", "features", "sequences", "sets"]
