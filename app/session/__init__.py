"""One Session: documents read once and asked many times."""

__all__ = ["asynchronous", "engine", "session"]
