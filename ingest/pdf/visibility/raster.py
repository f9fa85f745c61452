"""A page as pixels: to ask whether something can be seen, and to show it."""

import math
import struct
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from docqa.ingest.limits import MAX_RENDERED_PIXELS

from .objects import Box, PageObjects, box_around

_MAX_PIXELS = 4_000_000
_MARGIN = 2
_BYTES = 4  # blue, green, red and one that is unused
_SAME_LEVELS = 12  # of 256: the eye does not tell them apart
_PAPER = bytes(range(192, 256))


class RenderedImage:
    """The part of `page` around `boxes`, one pixel a point or coarser. Boxes are in user space, y
    up.
    """

    def __init__(self, page: Any, boxes: Sequence[Box], *, annotations: bool = True) -> None:
        width, height = page.get_size()
        self._scale = min(1.0, (_MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
        self._place = user_to_display_transform(page)
        full = math.ceil(width * self._scale), math.ceil(height * self._scale)
        left, top, right, bottom = self._pixel_rectangle(boxes, *full)
        self._left = left
        self._top = top
        self._width = right - left
        self._height = bottom - top
        self._data = b""
        self._stride = 0
        if self._width > 0 and self._height > 0:
            cut = left, full[1] - bottom, full[0] - right, top
            crop = [max(pixels - 0.5, 0.0) / self._scale for pixels in cut]
            kind = {"draw_annots": annotations, "may_draw_forms": annotations, "prefer_bgrx": True}
            with closing(page.render(scale=self._scale, crop=crop, **kind)) as bitmap:
                self._data = bytes(bitmap.buffer)
                self._width = bitmap.width
                self._height = bitmap.height
                self._stride = bitmap.stride

    def _pixel_rectangle(
        self, boxes: Sequence[Box], width: int, height: int
    ) -> tuple[int, int, int, int]:
        edges = box_around(*(self._place(*box) for box in boxes))
        left, top, right, bottom = (int(edge * self._scale) for edge in edges)
        return (
            max(left - _MARGIN, 0),
            max(top - _MARGIN, 0),
            min(right + _MARGIN, width),
            min(bottom + _MARGIN, height),
        )

    def same(self, other: "RenderedImage", box: Box) -> bool:
        """Whether both show the same in `box`, to the eye."""
        rows = zip(self._pixel_rows(box), other._pixel_rows(box), strict=True)
        return all(
            a == b or all(abs(x - y) <= _SAME_LEVELS for x, y in zip(a, b, strict=True))
            for a, b in rows
        )

    def plain(self, box: Box) -> bool:
        """Whether `box` is of one colour, to the eye."""
        rows = b"".join(self._pixel_rows(box))
        levels = [rows[at::_BYTES] for at in range(3)] if rows else []
        return all(max(level) - min(level) <= _SAME_LEVELS for level in levels)

    def dark_and_total_pixel_counts(self, box: Box) -> tuple[int, int]:
        """How many pixels of `box` are darker than paper by a quarter, and how many there are."""
        pixels = b"".join(row[1::_BYTES] for row in self._pixel_rows(box))
        return len(pixels.translate(None, _PAPER)), len(pixels)

    def _pixel_rows(self, box: Box) -> list[bytes]:
        x0, y0, x1, y1 = (edge * self._scale for edge in self._place(*box))
        left = max(int(x0) - self._left, 0)
        right = min(int(x1) + 1 - self._left, self._width)
        top = max(int(y0) - self._top, 0)
        bottom = min(int(y1) + 1 - self._top, self._height)
        starts = (row * self._stride for row in range(top, bottom))
        return (
            [self._data[start + left * _BYTES : start + right * _BYTES] for start in starts]
            if left < right
            else []
        )


def page_png(page: Any, scale: float = 1.5) -> bytes | None:
    """`page` as displayed, annotations too: a grey PNG of `scale` pixels a point, fewer on a large
    page; None where its images are too large to draw."""
    if PageObjects(page).pixels > MAX_RENDERED_PIXELS:
        return None
    width, height = page.get_size()
    scale = min(scale, (_MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
    with closing(page.render(scale=scale, may_draw_forms=False, grayscale=True)) as bitmap:
        return grey_png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride)


def grey_png(pixels: bytes, width: int, height: int, stride: int, palette: bytes = b"") -> bytes:
    """A PNG of one byte a pixel, `stride` bytes a row: a grey or its number in the `palette`."""
    rows = b"".join(
        b"\0" + pixels[row * stride : row * stride + width] for row in range(height)
    )  # 0: no filter
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3 if palette else 0, 0, 0, 0)),
        *([(b"PLTE", palette)] if palette else []),
        (b"IDAT", zlib.compress(rows, 6)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d))
        for kind, d in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def user_to_display_transform(page: Any) -> Callable[[float, float, float, float], Box]:
    """From user space (y up) to display space (y down, rotated as shown)."""
    left, bottom, right, top = page.get_bbox()
    rotation = page.get_rotation()
    if rotation == 90:
        return lambda x0, y0, x1, y1: (y0 - bottom, x0 - left, y1 - bottom, x1 - left)
    if rotation == 180:
        return lambda x0, y0, x1, y1: (right - x1, y0 - bottom, right - x0, y1 - bottom)
    if rotation == 270:
        return lambda x0, y0, x1, y1: (top - y1, right - x1, top - y0, right - x0)
    return lambda x0, y0, x1, y1: (x0 - left, top - y1, x1 - left, top - y0)
