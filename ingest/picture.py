"""A page as pixels, to ask whether something on it can be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .scene import Box

_MAX_PIXELS = 4_000_000
_BYTES = 4  # blue, green, red and one that is unused


class Picture:
    """A rendering of `page`, one pixel a point or coarser. Boxes are in user space, y up."""

    def __init__(self, page: Any) -> None:
        width, height = page.get_size()
        self._scale = min(1.0, (_MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
        bitmap = page.render(scale=self._scale, may_draw_forms=False, draw_annots=False, prefer_bgrx=True)
        try:
            self._data = bytes(bitmap.buffer)
            self._width, self._height, self._stride = bitmap.width, bitmap.height, bitmap.stride
        finally:
            bitmap.close()
        self._place = placer(page.get_bbox(), page.get_rotation())

    def same(self, other: Picture, box: Box, levels: int) -> bool:
        """Whether both pictures show the same in `box`, give or take `levels` of 256."""
        return all(a == b or _distance(a, b) <= levels for a, b in zip(self._rows(box), other._rows(box), strict=True))

    def plain(self, box: Box, levels: int) -> bool:
        """Whether `box` is of one colour, give or take `levels` of 256."""
        rows = b"".join(self._rows(box))
        return all(max(rows[at::_BYTES]) - min(rows[at::_BYTES]) <= levels for at in range(3)) if rows else True

    def _rows(self, box: Box) -> list[bytes]:
        x0, y0, x1, y1 = (edge * self._scale for edge in self._place(*box))
        left, right = max(int(x0), 0), min(int(x1) + 1, self._width)
        top, bottom = max(int(y0), 0), min(int(y1) + 1, self._height)
        starts = (row * self._stride for row in range(top, bottom))
        return [self._data[start + left * _BYTES : start + right * _BYTES] for start in starts] if left < right else []


def _distance(a: bytes, b: bytes) -> int:
    return max((abs(x - y) for x, y in zip(a, b, strict=True)), default=0)


def placer(
    box: tuple[float, float, float, float], rotation: int
) -> Callable[[float, float, float, float], tuple[float, float, float, float]]:
    """A function from user space (y up) to display space (y down, rotated as shown)."""
    left, bottom, right, top = box
    if rotation == 90:
        return lambda x0, y0, x1, y1: (y0 - bottom, x0 - left, y1 - bottom, x1 - left)
    if rotation == 180:
        return lambda x0, y0, x1, y1: (right - x1, y0 - bottom, right - x0, y1 - bottom)
    if rotation == 270:
        return lambda x0, y0, x1, y1: (top - y1, right - x1, top - y0, right - x0)
    return lambda x0, y0, x1, y1: (x0 - left, top - y1, x1 - left, top - y0)
