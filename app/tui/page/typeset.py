"""Lines of a page on a screen: wrapped words, and rows of tables."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from rich.cells import cell_len, get_character_cell_size

from docqa.ingest.types import Page, Table

_GAP = 2  # cells between columns
_WIDEST = 500  # cells; what is wider is no table that one can read
_SIGNS = " %$€£()+-–−"


class LinePart(NamedTuple):
    """Characters `start:end` of a page, after `pad` cells of space."""

    start: int
    end: int
    pad: int


@dataclass(frozen=True, slots=True)
class ScreenLine:
    """Characters `start:end` of `page`; `kind`: head (the page's label), text, heads (of a table) or
    blank; `parts`: what is shown of them, in order."""

    page: int
    start: int
    end: int
    kind: str
    parts: tuple[LinePart, ...] = ()

    def offset_at(self, inside: int) -> int:
        """The character that is number `inside` of the line."""
        offset = self.start
        for start, end, pad in self.parts or (LinePart(self.start, self.end, 0),):
            if inside < pad:
                break
            offset = min(start + inside - pad, end)
            inside = inside - pad - (end - start)
        return offset

    def inside(self, offset: int) -> int:
        """How many characters of the line are before the one at `offset`."""
        before = 0
        for start, end, pad in self.parts or (LinePart(self.start, self.end, 0),):
            if start <= offset <= end:
                return before + pad + offset - start
            before += pad + end - start
        return before

    @property
    def width(self) -> int:
        """In characters."""
        return sum(pad + end - start for start, end, pad in self.parts)

    def shows(self, offset: int) -> bool:
        return (
            any(start <= offset < end for start, end, _ in self.parts)
            if self.parts
            else self.start <= offset
        )


def wrap(text: str, start: int, end: int, width: int) -> list[tuple[int, int]]:
    """Ranges of `text` that each fit `width` cells, cut at spaces where there are any; an empty
    line gives one.
    """
    line = text[start:end]
    plain = cell_len(line) == len(line)
    rows: list[tuple[int, int]] = []
    position = start
    while True:
        fits = position + width if plain else _fitting(text, position, end, width)
        if fits >= end:
            rows.append((position, end))
            return rows
        cut = text.rfind(" ", position, fits + 1)
        if cut <= position:
            rows.append((position, fits))
            position = fits
        else:
            rows.append((position, cut))
            position = cut + 1


def _fitting(text: str, start: int, end: int, width: int) -> int:
    """The end of the longest run of characters from `start` that fits `width` cells; at least
    one.
    """
    cells = 0
    position = start
    while position < end:
        cells += get_character_cell_size(text[position])
        if cells > width and position > start:
            return position
        position += 1
    return end


def table_lines(page: Page, table: Table, width: int) -> list[ScreenLine]:
    """The rows of `table` in columns, numbers at the right, wider than `width` where words need it; none
    where it has other words than cells'.
    """
    columns = _widths(page.text, table, width)
    cells = "".join(page.text[cell.start : cell.end] for cell in table.cells)
    others = Counter(page.text[table.start : table.end]) - Counter(cells)
    if sum(columns) > _WIDEST or any(map(str.isalnum, others)):
        return []
    starts = [sum(columns[:at]) + _GAP * at for at in range(len(columns))]
    right = {at for at in range(table.columns) if _is_numeric(page.text, table, at)}
    lines: list[ScreenLine] = []
    for row in range(table.rows):
        wrapped = []
        for cell in (cell for cell in table.cells if cell.row == row):
            room = sum(columns[cell.column : cell.column + cell.columns]) + _GAP * (
                cell.columns - 1
            )
            ranges = wrap(page.text.replace("\n", " "), cell.start, cell.end, room)
            wrapped.append((starts[cell.column], room if cell.column in right else 0, ranges))
        for number in range(max((len(ranges) for *_, ranges in wrapped), default=0)):
            parts = _placed(
                page.text,
                [(*at, ranges[number]) for *at, ranges in wrapped if number < len(ranges)],
            )
            ends = min(part.start for part in parts), max(part.end for part in parts)
            lines.append(
                ScreenLine(page.page, *ends, "heads" if row < table.heads else "text", parts)
            )
    return lines


def _placed(text: str, cells: Iterable[tuple[Any, ...]]) -> tuple[LinePart, ...]:
    """(column of the screen, cells in which it is at the right, range) as the parts of a
    line.
    """
    parts = []
    filled = 0
    for at, room, (start, end) in cells:
        begins = max(at + max(room - cell_len(text[start:end]), 0) * (room > 0), filled)
        parts.append(LinePart(start, end, begins - filled))
        filled = begins + cell_len(text[start:end])
    return tuple(parts)


def _widths(text: str, table: Table, width: int) -> list[int]:
    """The cells of each column: as its words need, the widest made narrower until all fit, none
    narrower than its longest word."""
    needed = [1] * table.columns
    least = [1] * table.columns
    for cell in (cell for cell in table.cells if cell.columns == 1):
        words = text[cell.start : cell.end]
        needed[cell.column] = max(needed[cell.column], cell_len(words))
        least[cell.column] = max(least[cell.column], *map(cell_len, words.split()), 1)
    room = width - _GAP * (table.columns - 1)
    most = max(needed)
    while sum(max(min(each, most), word) for each, word in zip(needed, least)) > room and most:
        most -= 1
    return [max(min(each, most), word) for each, word in zip(needed, least)]


def _is_numeric(text: str, table: Table, column: int) -> bool:
    body = (
        text[cell.start : cell.end]
        for cell in table.cells
        if cell.column == column and cell.row >= table.heads
    )
    words = ["".join(word.split(",")).replace(".", "").strip(_SIGNS) for word in body]
    return bool(words) and all(word.isdigit() for word in words)
