"""Typed values in words: a date, a period, an amount, a name, a law, yes or no."""

__all__ = ["facts"]
