"""Images of pages for terminals that are sent pixels or coloured cells, not files."""

from functools import lru_cache
from itertools import groupby

import numpy as np
from rich.color import Color
from rich.segment import Segment, Segments
from rich.style import Style

from .marker import MARKED, YELLOW

_BLOCK = "▀"  # two pixels: above in its colour, below in that of its ground
_SHADES = 4  # of grey on a sixel image, and as many of yellow
_BAND = 6  # rows of pixels in a line of sixels


def resampled(shades: np.ndarray, height: int, width: int) -> np.ndarray:
    """`shades` [rows, columns] of `marked_shades` at another size, each pixel the mean of those below it."""
    above = np.arange(height) * shades.shape[0] // height
    left = np.arange(width) * shades.shape[1] // width
    greys = (shades % MARKED).astype(np.float32)
    sums = np.add.reduceat(np.add.reduceat(greys, above, 0), left, 1)
    tall = np.maximum(np.diff(above, append=shades.shape[0]), 1)
    wide = np.maximum(np.diff(left, append=shades.shape[1]), 1)
    means = sums / (tall[:, None] * wide)
    return means.astype(np.uint8) | (shades[above][:, left] & MARKED)


def blocks(shades: np.ndarray, columns: int, rows: int) -> Segments:
    """`shades` as half blocks on `columns` by `rows` cells, for any terminal with colours."""
    pixels = resampled(shades, 2 * rows, columns).tolist()
    lines = [
        [Segment(_BLOCK, _block_style(*pair)) for pair in zip(above, below, strict=True)]
        for above, below in zip(pixels[::2], pixels[1::2], strict=True)
    ]
    return Segments([part for line in lines for part in (*line, Segment.line())])


@lru_cache(4_096)
def _block_style(above: int, below: int) -> Style:
    return Style.from_color(Color.from_rgb(*_colour(above)), Color.from_rgb(*_colour(below)))


def _colour(shade: int) -> tuple[float, ...]:
    """Red, green and blue, 0 to 255."""
    grey = 2 * (shade % MARKED)
    return tuple(grey * part for part in YELLOW) if shade & MARKED else (grey,) * 3


def sixels(shades: np.ndarray, height: int, width: int) -> str:
    """`shades` as a sixel image of that many pixels (DEC VT330/340 Graphics, chapter 14)."""
    step = MARKED // _SHADES
    pixels = resampled(shades, height, width) // step
    parts = [f'\x1bPq"1;1;{width};{height}']
    for number in range(2 * _SHADES):
        colour = _colour(number * step + step // 2)
        parts.append(f"#{number};2;" + ";".join(f"{100 * part / 255:.0f}" for part in colour))
    for top in range(0, height, _BAND):
        band = pixels[top : top + _BAND]
        bits = 1 << np.arange(len(band))
        for number in np.unique(band):
            signs = (63 + (band == number).T @ bits).astype(np.uint8).tobytes().decode()
            runs = ((sign, len(list(run))) for sign, run in groupby(signs))
            parts.append(f"#{number}" + "".join(f"!{length}{sign}" for sign, length in runs) + "$")
        parts.append("-")
    return "".join([*parts, "\x1b\\"])
