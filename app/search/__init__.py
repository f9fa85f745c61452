"""Words and regular expressions looked for in the documents as they stand, without a model (`docqa find`)."""

__all__ = ["expression", "hits", "shown"]
