"""Cells and rows of a table as they stand in a page's text, and what a cell says by itself."""

from __future__ import annotations

from dataclasses import dataclass

from docqa.ingest.structure.values import is_year, says_value


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


@dataclass(frozen=True)
class Row:
    """A row, `start:end` of its page's text."""

    start: int
    end: int
    cells: tuple[Cell, ...]
