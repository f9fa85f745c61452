"""Numbers that are bounds: "at least 30 days" is not "at most 30 days"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docqa.ingest.language.quantities import Figure, figures, folded

LOWER, UPPER = "lower", "upper"
_LEAD = 48  # characters before a number in which its bound is told
_UP_TO = r"\s+(?:the |an? |about |of |[$€£¥]\s*)*$"
_NO = r"(?:\b(?:no|not|never|nor|cannot|neither)|n['’]t)\s+(?:\w+\s+){0,2}?"
_BEFORE = (
    (UPPER, rf"{_NO}(?:more|greater|longer|later|higher|larger|older|faster) than"),
    (LOWER, rf"{_NO}(?:less|fewer|earlier|sooner|shorter|lower|smaller|younger) than"),
    (UPPER, rf"{_NO}exceed\w*"),
    (LOWER, rf"{_NO}(?:before|until)"),
    (UPPER, rf"{_NO}(?:after|above|over|beyond)"),
    (LOWER, rf"{_NO}(?:under|below|within)"),
    (LOWER, r"\b(?:at least|minimum(?: \w+){0,3}?(?: of| is| was| at)?|upwards of|in excess of)"),
    (UPPER, r"\b(?:at (?:the )?most|maximum(?: \w+){0,3}?(?: of| is| was| at)?|up to|limited to|capped at|within)"),
    (LOWER, r"\b(?:more|greater|longer|later|higher|larger|older) than"),
    (UPPER, r"\b(?:less|fewer|earlier|sooner|shorter|lower|smaller|younger) than"),
    (LOWER, r"\b(?:exceed\w*|over|above|after)"),
    (UPPER, r"\b(?:under|below|before)"),
)
_BEHIND = (
    (LOWER, r"\s+(?:[\w%]+\s+){0,3}?(?:or|and) (?:more|over|above|greater|longer|later|older|up|upwards)\b"),
    (UPPER, r"\s+(?:[\w%]+\s+){0,3}?(?:or|and) (?:less|fewer|under|below|smaller|shorter|earlier|younger)\b"),
)


def other_bounds(statement: str, quoted: str) -> Iterator[str]:
    """The numbers that `statement` gives as a bound, each as written, and the quotes only as the opposite one."""
    known: dict[str, set[str]] = {}
    for figure, bound in _bounds(quoted):
        known.setdefault(figure.value, set()).add(bound)
    for figure, bound in _bounds(statement):
        if bound and known.get(figure.value) == {LOWER if bound == UPPER else UPPER}:
            yield figure.shown


def _bounds(text: str) -> Iterator[tuple[Figure, str]]:
    """Each number with LOWER or UPPER, "" where it is no bound."""
    shown = folded(text)
    for figure in figures(text):
        lead = shown[max(figure.start - _LEAD, 0) : figure.start].removesuffix("(")
        lead = lead.rstrip("$€£¥ ") + " "
        before = next((bound for bound, pattern in _BEFORE if re.search(pattern + _UP_TO, lead)), "")
        behind = next((bound for bound, pattern in _BEHIND if re.match(pattern, shown[figure.end :])), "")
        yield figure, behind or before
