"""Figures as SVG text: shares over shares."""

from collections.abc import Sequence
from typing import NamedTuple

from .templates import fill_template

_COLOUR = "#1f5fa8"
_WIDTH = 760
_MARGIN = 50
_SIDE = 300


class Square(NamedTuple):
    """A panel of `two_square_panels`: `points` (across, up) on axes from 0 to 1, joined; if `binned` with
    dots and a diagonal.
    """

    name: str
    across: str
    up: str
    points: Sequence[tuple[float, float]]
    binned: bool


def two_square_panels(title: str, panels: Sequence[Square]) -> str:
    """Two panels, shares over shares, beside each other."""
    return fill_template(
        "output/figure.svg.jinja",
        colour=_COLOUR,
        width=_WIDTH,
        margin=_MARGIN,
        title=title,
        panels=panels,
        side=_SIDE,
        height=_SIDE + 130,
    )
