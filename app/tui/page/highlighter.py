"""Words marked on the picture of a page, as with a yellow highlighter: where their lines are, and the pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from docqa.ingest.pdf.inspection import PageView
    from docqa.ingest.types import Page

YELLOW = (1.0, 0.93, 0.35)
"""What is left of red, green and blue below the marker: black stays black, white turns yellow."""
_HYPHENS = "-\u00ad\u2010"

Share = tuple[float, float, float, float]


@dataclass(frozen=True)
class LineBox:
    """The characters `start:end` of a page's text stand in `box`: left, top, right, bottom as shares of the page."""

    start: int
    end: int
    box: Share


def line_boxes(view: PageView, page: Page) -> tuple[LineBox, ...]:
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
            box = left / view.width_pt, top / view.height_pt, right / view.width_pt, bottom / view.height_pt
            found.append(LineBox(start, at, box))
    return tuple(found)


def touched(lines: Iterable[LineBox], ranges: Sequence[tuple[int, int]]) -> tuple[Share, ...]:
    """The boxes of the lines that have characters of one of the `ranges` (start, end)."""
    return tuple(line.box for line in lines if any(a < line.end and b > line.start for a, b in ranges))


def marked_png(grey: np.ndarray, boxes: Iterable[Share]) -> bytes:
    """`grey` [height, width], uint8, as a PNG in colours with yellow over `boxes`."""
    import numpy as np

    height, width = grey.shape
    colours = np.repeat(grey[:, :, None], 3, 2)
    below = np.zeros((height, width), bool)
    for left, top, right, bottom in boxes:
        lines = slice(max(int(top * height), 0), max(int(bottom * height) + 1, 0))
        below[lines, max(int(left * width), 0) : max(int(right * width) + 1, 0)] = True
    colours[below] = (colours[below] * np.array(YELLOW)).astype(np.uint8)
    rows = np.concatenate([np.zeros((height, 1), np.uint8), colours.reshape(height, width * 3)], 1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunks(parts))


def _chunks(parts: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    for kind, data in parts:
        yield struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _behind(text: str, at: int, end: int, letters: int) -> int:
    """The offset behind so many letters from `at`; wrapped lines differ from the text in spaces and hyphens."""
    while at < end and letters > 0:
        letters -= _is_letter(text[at])
        at += 1
    return at


def _is_letter(character: str) -> bool:
    return not character.isspace() and character not in _HYPHENS
