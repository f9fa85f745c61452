"""Text as it is shown to a person."""

from __future__ import annotations


def clip(text: str, most: int) -> str:
    """`text`, or at most its first `most` characters, cut between two words, with ` …` behind them."""
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"
