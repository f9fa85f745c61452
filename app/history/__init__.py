"""Past questions and answers: one SQLite database in the folder of all that docqa keeps. No model, no torch here."""

__all__ = ["answered", "export", "forget", "history", "html_page", "markdown", "recorder", "records"]
