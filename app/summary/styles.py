"""How many sentences the styles give to the whole and to its parts."""

from __future__ import annotations

WHOLE = {"brief": 3, "abstract": 7, "key-points": 5}
"""Sentences of the whole, by style."""
NOTHING = "no sentence of prose was found"
"""The warning of a document that has nothing to summarize."""


def sentences_of_part(most: int, parts: int) -> int:
    """How many sentences one of `parts` gets that deserves `most`: at most 3, fewer where there are many parts."""
    limit = 3 if parts <= 12 else 2 if parts <= 24 else 1
    return max(1, min(limit, most))
