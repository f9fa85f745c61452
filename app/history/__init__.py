"""Past questions and answers: one SQLite database in docqa's folder. No model, no torch here."""

__all__ = [
    "answered",
    "export",
    "forget",
    "history",
    "recorder",
    "records",
    "rendering",
]
