"""An answer, its quotes and cites, and the events that lead to it; every other folder of app may use these."""

__all__ = ["answer", "events", "grades", "text"]
