"""Figures as SVG text: shares over shares."""

from collections.abc import Sequence
from typing import NamedTuple

from .templates import filled_in

_COLOUR = "#1f5fa8"
_WIDTH = 760
_MARGIN = 50
_SIDE = 300


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
    return filled_in(
        "output/figure.svg.jinja",
        colour=_COLOUR,
        width=_WIDTH,
        margin=_MARGIN,
        title=title,
        panels=panels,
        side=_SIDE,
        height=_SIDE + 130,
    )
