"""The document cut into cells of equal size: how well each slice fits a question, and where its cites are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docqa.ingest.types import Document

LEVELS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Slices:
    """`cells` slices of `document`: of its pages where it has some, else of its characters."""

    document: Document
    cells: int

    def cell_of(self, page: int, offset: int) -> int:
        """The slice that character `offset` of `page` falls into."""
        pages = self.document.pages
        text = pages[page - 1].text if 1 <= page <= len(pages) else ""
        inside = min(offset / max(len(text), 1), 0.999_999)
        return min(int((page - 1 + inside) / max(len(pages), 1) * self.cells), self.cells - 1)

    def place_of(self, cell: int) -> tuple[int, int]:
        """(page, offset) where slice `cell` begins."""
        pages = self.document.pages
        position = cell / max(self.cells, 1) * len(pages)
        # A hair more, so that what begins exactly at a page is not taken for the end of the one before.
        index = min(int(position + 1e-9), len(pages) - 1)
        return index + 1, int(max(position - index, 0.0) * len(pages[index].text))

    def levels(self, scores: Iterable[tuple[int, int, int, float]]) -> list[int]:
        """0 to 8 for every slice, from (page, start, end, score) of passages; below the median is dark."""
        listed = list(scores)
        if not listed:
            return [0] * self.cells
        values = [score for *_, score in listed]
        floor, top = median(values) if len(values) > 8 else min(0.0, min(values)), max(values)
        lit = [0] * self.cells
        for page, start, end, score in listed:
            level = round(8 * (score - floor) / (top - floor)) if top > floor else 8
            for cell in range(self.cell_of(page, start), self.cell_of(page, max(end - 1, start)) + 1):
                lit[cell] = max(lit[cell], min(max(level, 0), 8))
        return lit
