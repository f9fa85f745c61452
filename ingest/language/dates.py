"""Dates: "1 May 2020", "May 1st, 2020", "2nd day of March", "2020-05-01", "3/4/2019"."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from .expressions import lazily

_MONTH_NAMES = (
    "january february march april may june july august september october november december"
)
MONTHS = tuple(_MONTH_NAMES.split())
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_OF = {word: number for number, name in enumerate(MONTHS, 1) for word in (name, name[:3])} | {
    "sept": 9
}
MONTH = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
"""An expression of the months' names and their short forms."""
_ENDING = r"(?:st|nd|rd|th)?"
_WRITTEN = lazily(
    rf"(?:\b(?P<before>\d{{1,2}}){_ENDING}\s+(?:day\s+of\s+)?)?\b(?P<month>{MONTH})\b"
    rf"(?:\.?\s+(?P<behind>\d{{1,2}}){_ENDING}\b)?(?:\.?[\s,]+(?P<year>\d{{4}})\b)?",
    re.IGNORECASE,
)
LATEST = 49  # of a year in two digits, in this century
_IN_DIGITS = lazily(r"\b(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d{2}))\b")
_BEFORE_MAY = lazily(r"\b(?:in|of|until|since|by|from)\s+$", re.IGNORECASE)
_BEHIND_MAY = lazily(r"\s*+(?:,\s*+)?\d")
_ENDS = lazily(r"\s*(?:[.,;)]|$)")


class Date(NamedTuple):
    """A date at `start:end` of a text, 0 for what it does not say. "3/4/2019" gives two."""

    year: int
    month: int
    day: int
    start: int
    end: int

    @property
    def iso(self) -> str:
        """By ISO 8601: "2020-05-01", "2020-05"; "--05-01" and "--05" without a year."""
        parts = (
            f"{self.year:04d}" if self.year else "-",
            f"{self.month:02d}",
            f"{self.day:02d}" if self.day else "",
        )
        return "-".join(filter(None, parts))


def dates(text: str) -> Iterator[Date]:
    """The dates of `text` that name a month, then those in digits, in both readings."""
    for match in _WRITTEN.finditer(text):
        behind = match["behind"] and match["year"]  # "page 1 May 3, 2016"
        day = int((match["behind"] if behind else match["before"] or match["behind"]) or 0)
        month = match["month"].lower()
        start = match.start("month" if behind else 0)
        if (
            month != "may"
            or match["before"]
            or _is_may_a_month(text, match.start("month"), match.end("month"))
        ):
            yield Date(int(match["year"] or 0), _MONTH_OF[month], day, start, match.end())
    for match in _IN_DIGITS.finditer(text):
        first, *others = (int(number) for number in match.groups() if number)
        year = first if match[1] else others[1]
        year += 0 if year > 99 else 1900 if year > LATEST else 2000
        readings = (
            [tuple(others)] if match[1] else dict.fromkeys(((first, others[0]), (others[0], first)))
        )
        yield from (
            Date(year, month, day, *match.span()) for month, day in readings if 1 <= month <= 12
        )


def _is_may_a_month(text: str, start: int, end: int) -> bool:
    if _BEHIND_MAY.match(text, end):
        return True
    return (
        _BEFORE_MAY.search(text, max(start - 24, 0), start) is not None
        and _ENDS.match(text, end) is not None
    )
