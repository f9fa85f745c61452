"""Typed values in the words of a document: a date, a period, an amount, a name, a law, yes or no."""

__all__ = ["facts"]
