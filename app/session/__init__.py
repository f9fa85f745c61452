"""One Session: documents read once and asked many times; every front end begins here."""

__all__ = ["asynchronous", "engine", "session"]
