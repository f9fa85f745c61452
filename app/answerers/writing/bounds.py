"""Numbers that are bounds: "at least 30 days" is not "at most 30 days"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docqa.ingest.language.quantities import Figure, figures, folded

LOWER, UPPER = "lower", "upper"
_LEAD = 48  # characters before a number in which its bound is told
_BEFORE = re.compile(
    r"(?P<no>\b(?:no|not|never|nor|cannot)\s+(?:\w+\s+){0,2}?)?\b(?:"
    r"(?P<lower>at least|minimum|(?:more|greater|longer|later|higher|larger|older) than|exceed\w*|over|above|after)|"
    r"(?P<upper>at (?:the )?most|maximum|(?:less|fewer|shorter|earlier|lower|smaller|younger) than|up to|limited to|"
    r"within|under|below|before))(?:\s+(?:\w+\s+){0,3}?(?:of|is|was|at))?\s+(?:the |an? |about |[$€£¥]\s*)*$"
)
_BEHIND = re.compile(
    r"\s+(?:[\w%]+\s+){0,3}?(?:or|and) (?:(?P<lower>more|over|above|longer|later|older|up)|"
    r"(?P<upper>less|fewer|under|below|shorter|earlier|younger))\b"
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
    """Each number with LOWER or UPPER, "" where it is no bound; "not more than" bounds from above."""
    shown = folded(text)
    for figure in figures(text):
        lead = shown[max(figure.start - _LEAD, 0) : figure.start].removesuffix("(").rstrip("$€£¥ ") + " "
        found = _BEHIND.match(shown, figure.end) or _BEFORE.search(lead)
        bound = "" if found is None else LOWER if found["lower"] else UPPER
        denied = found is not None and found.re is _BEFORE and found["no"]
        yield figure, {LOWER: UPPER, UPPER: LOWER}.get(bound, "") if denied else bound
