"""Cells and rows of a table as they stand in a page's text, and what a cell says by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docqa.ingest.structure.values import is_year, says_value

_AMOUNT = re.compile(
    r"(?:(?P<minus>[(\-−–])\s*+)?(?:[$€£¥]\s*+)?(?P<inner>[\-−–])?(?P<digits>\d[\d,]*+(?:\.\d+)?|\.\d+)"
)
_UNIT_SIZE = {"k": 1e3, "m": 1e6, "b": 1e9}


@dataclass(frozen=True)
class Cell:
    """Characters `start:end` of a page's text; empty cells have none (`start` is `end`)."""

    start: int
    end: int
    text: str

    @property
    def is_value(self) -> bool:
        """Whether it is a number, an amount or a dash; a year is the name of a column."""
        return says_value(self.text)

    @property
    def is_year(self) -> bool:
        return is_year("".join(self.text.split()))

    @property
    def amount(self) -> float | None:
        """The one number that the cell says, "(1.2)" as -1.2; None for words, dates, ranges and several numbers."""
        found = list(_AMOUNT.finditer(self.text))
        if len(found) != 1 or re.search(r"\d\s*[-–/:]\s*\d", self.text):
            return None
        match = found[0]
        rest = self.text[match.end() :].strip()
        if re.sub(r"[)%*†‡\s]", "", rest).casefold() not in ("", "k", "m", "b"):
            return None
        size = _UNIT_SIZE.get(re.sub(r"[^a-z]", "", rest.casefold()), 1.0)
        sign = -1.0 if match["minus"] or match["inner"] else 1.0
        return sign * size * float(match["digits"].replace(",", ""))


@dataclass(frozen=True)
class Row:
    """A row, `start:end` of its page's text."""

    start: int
    end: int
    cells: tuple[Cell, ...]

    @property
    def has_values(self) -> bool:
        return any(cell.is_value for cell in self.cells[1:])

    @property
    def is_title(self) -> bool:
        """Whether only its first cell has words: the title of a table or of a group of its rows."""
        return bool(self.cells[0].text) and not any(cell.text for cell in self.cells[1:])

    @property
    def filled(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.text)
