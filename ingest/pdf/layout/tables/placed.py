"""A table between finding and text: its cells with their words and places, and its rows as they
read.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median_high
from typing import NamedTuple

from docqa.ingest.pdf.layout.lines import GridCell, GridRow
from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.pdf.visibility.objects import Box, box_around
from docqa.ingest.structure.clean import group_consecutive
from docqa.ingest.structure.values import is_value_text

_MOST_HEADS = 6
_FEWEST_DOTS = 3
BAR = "|"


@dataclass(slots=True)
class CellWithPosition:
    """The words of a cell, line by line, and the field of the grid where it begins; see
    `TableCell`.
    """

    lines: list[list[Word]]
    row: int
    column: int
    rows: int = 1
    columns: int = 1

    @property
    def covered(self) -> range:
        """The columns that it covers."""
        return range(self.column, self.column + self.columns)

    @property
    def words(self) -> list[Word]:
        return [word for line in self.lines for word in line]

    @property
    def text(self) -> str:
        """Its words without leaders ("Rent ....... ") and bars."""
        return cell_text(word.text for word in self.words)

    @property
    def is_value(self) -> bool:
        """Whether it is a number, an amount or a mark for nothing, not a year."""
        return is_value_text(self.text)


@dataclass(slots=True)
class TableWithPositions:
    """Cells with their places; the first `heads` rows name the columns. `doubtful`: columns seem to
    be missing.
    """

    cells: list[CellWithPosition]
    heads: int
    doubtful: bool = False


class Row(NamedTuple):
    """A row: its text, cells set apart by " | ", box, height of print, place in the grid, words,
    and whether the table is `doubtful`."""

    text: str
    box: Box
    height: float
    bold: bool
    grid: GridRow
    words: tuple[Word, ...] = ()
    doubtful: bool = False


def cell_text(words: Iterable[str]) -> str:
    """Words as one text, without leaders and bars."""
    text = " ".join([word for word in words if word != BAR])
    bare = text.rstrip(". \u2026_")
    return bare if bare and text.count(".", len(bare)) >= _FEWEST_DOTS else text


def lines_of(words: Sequence[Word]) -> list[list[Word]]:
    """Words on one height, top to bottom, left to right."""
    lines = group_consecutive(
        sorted(words, key=lambda word: (word.top + word.bottom, word.x0)),
        lambda line, word: (
            abs(word.bottom - line[0].bottom) < 0.6 * line[0].height and word.level < line[0].bottom
        ),
    )
    return [sorted(line, key=attrgetter("x0")) for line in lines]


def header_row_count(cells: Sequence[CellWithPosition]) -> int:
    """How many rows name columns: those before the first with a value after its first column; in a
    table of words the first, where no column lacks a name there."""
    rows = 1 + max((cell.row for cell in cells), default=-1)
    columns = max((cell.column + cell.columns for cell in cells), default=0)
    valued = {cell.row for cell in cells if cell.column and cell.is_value}
    if not valued:
        first = [cell for cell in cells if cell.row == 0]
        named = sum(cell.columns for cell in first if cell.text) >= columns
        return 1 if rows > 1 and named and all(len(cell.words) < 6 for cell in first) else 0
    count = min(valued)
    behind = {cell.row for cell in cells if cell.column or cell.columns > 1}
    while count and count - 1 not in behind:
        count -= 1  # the title of the first rows
    return count if count <= _MOST_HEADS else 0


def rows_of_table(table: TableWithPositions, table_number: int) -> Iterator[Row]:
    """The rows of the table with this `table_number` on its page."""
    filled: dict[int, list[tuple[CellWithPosition, str, list[Word]]]] = {}
    for cell in sorted(table.cells, key=lambda cell: (cell.row, cell.column)):
        if text := cell.text:
            filled.setdefault(cell.row, []).append((cell, text, cell.words))
    used = list(filled)
    for at, own in filled.items():
        words = [word for _, _, inside in own for word in inside]
        height = median_high([word.height for word in words])
        cells = tuple(
            GridCell(
                c.column,
                c.columns,
                bisect_left(used, c.row + c.rows) - bisect_left(used, c.row),
                _box_around_words(inside),
            )
            for c, _, inside in own
        )
        text = f" {BAR} ".join([text for _, text, _ in own])
        bold = all(inside[0].bold for _, _, inside in own)
        grid = GridRow(table_number, at < table.heads, cells)
        yield Row(text, _box_around_words(words), height, bold, grid, tuple(words), table.doubtful)


def _box_around_words(words: Sequence[Word]) -> Box:
    return box_around(*[word.box for word in words])
