"""Words and regular expressions looked for without a model (`docqa find`)."""

__all__ = ["expression", "hits", "shown"]
