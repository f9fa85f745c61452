"""A line of print with its place on the page."""

from dataclasses import dataclass
from typing import NamedTuple

from docqa.ingest.pdf.visibility.objects import Box

APART = -1
"""The region of lines that are not joined: no running text, or turned."""
TABLE = -2
"""The region of rows of tables, which are no lines of a column."""


class GridCell(NamedTuple):
    """A cell of a line: its first column, the columns and rows it covers, and its place, like
    `Line.box`.
    """

    column: int
    columns: int
    rows: int
    box: Box


class GridRow(NamedTuple):
    """A line's place in a table: the `table`'s number on its page, whether it is a head, its cells,
    set apart by " | "."""

    table: int
    head: bool
    cells: tuple[GridCell, ...]


@dataclass(slots=True)
class Line:
    """A line of print. `left`, `right`: the edges of its column, `region`: the column on this page.
    `cells`: it has gaps as wide as between cells. `shown`: its box as displayed, where another.
    `number`: its printed line number. `lead`: characters of the bold words that it begins with, 0
    where none or all are. `grid`: its place in a table whose columns are known."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    bold: bool
    first_width: float = 0.0
    region: int = APART
    left: float = 0.0
    right: float = 0.0
    cells: bool = False
    shown: Box | None = None
    number: int | None = None
    lead: int = 0
    grid: GridRow | None = None

    @property
    def box(self) -> Box:
        """As displayed: left, top, right and bottom in points from the top left corner."""
        return self.shown or (self.x0, self.top, self.x1, self.bottom)

    @property
    def size(self) -> float:
        """Its height in points, near the font size."""
        return self.bottom - self.top
