"""Words marked on the picture of a page: where their lines are, and the pixels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docqa.ingest.pdf.visibility.raster import grey_png

if TYPE_CHECKING:
    import numpy as np

    from docqa.ingest.pdf.inspection import PageBoxes
    from docqa.ingest.types import Page

YELLOW = (1.0, 0.93, 0.35)
"""Left of red, green and blue: black stays black, white turns yellow."""
_HYPHENS = "-\u00ad\u2010"

Share = tuple[float, float, float, float]
WHOLE: Share = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class LineBox:
    """The characters `start:end` of a page's text stand in `box`: left, top, right, bottom as
    shares of the page.
    """

    start: int
    end: int
    box: Share


def line_boxes(view: "PageBoxes", page: "Page") -> tuple[LineBox, ...]:
    """The lines of `page` with their places on its picture; none where these are not known."""
    if not view.width_pt or not view.height_pt:
        return ()
    found: list[LineBox] = []
    for block in view.blocks:
        at = block.start
        for line in block.lines:
            start = at
            at = _behind(page.text, at, block.end, sum(map(_is_letter, line.text)))
            left, top, right, bottom = line.box
            box = (
                left / view.width_pt,
                top / view.height_pt,
                right / view.width_pt,
                bottom / view.height_pt,
            )
            found.append(LineBox(start, at, box))
    return tuple(found)


def touched(lines: Iterable[LineBox], ranges: Sequence[tuple[int, int]]) -> tuple[Share, ...]:
    """The boxes of the lines that have characters of one of the `ranges` (start, end)."""
    return tuple(
        line.box for line in lines if any(a < line.end and b > line.start for a, b in ranges)
    )


def marked_png(grey: "np.ndarray", boxes: Iterable[Share], part: Share = WHOLE) -> bytes:
    """`part` of `grey` [height, width], uint8, as a PNG in colours with yellow over `boxes`."""
    import numpy as np

    shades = grey >> 1  # from 128 on the same below the marker
    for box in boxes:
        shades[_pixels(shades, box)] |= 128
    shades = shades[_pixels(shades, part)]
    greys = np.arange(0, 256, 2)[:, None] * np.ones(3)
    palette = np.concatenate([greys, greys * YELLOW]).astype(np.uint8)
    height, width = shades.shape
    return grey_png(shades.tobytes(), width, height, width, palette.tobytes())


def _pixels(grey: "np.ndarray", box: Share) -> tuple[slice, slice]:
    (height, width), (left, top, right, bottom) = grey.shape, (max(edge, 0.0) for edge in box)
    return slice(int(top * height), int(bottom * height) + 1), slice(
        int(left * width), int(right * width) + 1
    )


def _behind(text: str, at: int, end: int, letters: int) -> int:
    """The offset `letters` behind `at`; wrapped lines differ from the text in spaces and
    hyphens.
    """
    while at < end and letters > 0:
        letters -= _is_letter(text[at])
        at += 1
    return at


def _is_letter(character: str) -> bool:
    return not character.isspace() and character not in _HYPHENS
