"""Lines of a page on a screen: its own, wrapped."""

from dataclasses import dataclass

from rich.cells import cell_len, get_character_cell_size


@dataclass(frozen=True, slots=True)
class ScreenLine:
    """Characters `start:end` of `page`; `kind`: head (the page's label), text or blank."""

    page: int
    start: int
    end: int
    kind: str


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
