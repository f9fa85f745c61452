"""Training data: questions, excerpts, features and synonyms."""

__all__ = ["excerpts", "features", "sequences", "sets", "synonyms"]
