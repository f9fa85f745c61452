"""Figures as SVG text: ratios to a peer, and shares over shares."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from docqa.app.output.templates import filled_in
from docqa.app.storage.atomic import write_whole

_TEMPLATE = "output/figure.svg.jinja"
_COLOUR = "#1f5fa8"
_WIDTH = 760
_MARGIN = 50


def ratios(title: str, below: str, found: Mapping[str, float]) -> str:
    """A bar for each ratio, and a line where it is 1; `below` is printed under the title."""
    row = 26
    top = 56
    return filled_in(
        _TEMPLATE,
        colour=_COLOUR,
        width=_WIDTH,
        margin=_MARGIN,
        title=title,
        below=below,
        found=found,
        row=row,
        top=top,
        left=230,
        wide=420,
        longest=max([1.0, *found.values()]),
        height=top + row * max(1, len(found)) + 20,
    )


class Square(NamedTuple):
    """A panel of `squares`: `points` (across, up) on axes from 0 to 1, joined; if `binned` with
    dots and a diagonal.
    """

    name: str
    across: str
    up: str
    points: Sequence[tuple[float, float]]
    binned: bool


def squares(title: str, panels: Sequence[Square]) -> str:
    """Two panels, shares over shares, beside each other."""
    side = 300
    return filled_in(
        _TEMPLATE,
        colour=_COLOUR,
        width=_WIDTH,
        margin=_MARGIN,
        title=title,
        panels=panels,
        side=side,
        height=side + 130,
    )


def write(path: Path | str | None, drawn: str) -> None:
    """Write a figure whole; nothing where `path` is None. Raises OSError."""
    if path is not None:
        write_whole(str(path), drawn.encode("utf-8"))
