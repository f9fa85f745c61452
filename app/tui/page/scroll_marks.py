"""Marks in the scroll bar of the page: every hit of the search, the one that the reader is at, own notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment, Segments
from rich.style import Style
from textual.scrollbar import ScrollBarRender

SIGNS = {"current-hit": "◀", "hit": "•", "note": "✎", "highlight": "▒"}
"""What a cell shows where several kinds fall into it: the first. The signs differ without colour."""
Marks = Mapping[int, tuple[str, Style]]
"""The sign of a cell of the bar, counted from the top, and its colour."""


def cells(lines: Mapping[str, Iterable[int]], height: int, total: int) -> dict[int, str]:
    """The kind of mark in each cell of a bar of `height` cells for `total` lines; `lines` are those of each kind."""
    found: dict[int, str] = {}
    for kind in SIGNS:
        for line in lines.get(kind, ()):
            found.setdefault(min(line * height // max(total, 1), height - 1), kind)
    return found


class MarkedBar(ScrollBarRender):
    """The bar of Textual with what `marks` returns for its height laid over it."""

    def __init__(self, marks: Callable[[int], Marks], **bar: Any) -> None:
        super().__init__(**bar)
        self._marked = marks

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        height = options.height or console.height
        for bar in super().__rich_console__(console, options):
            drawn = list(bar.segments) if isinstance(bar, Segments) else []
            for cell, (sign, colour) in self._marked(height).items():
                if cell < len(drawn):
                    drawn[cell] = _over(drawn[cell], sign, colour)
            yield Segments(drawn, new_lines=True)


def _over(below: Segment, sign: str, colour: Style) -> Segment:
    """`sign` on the ground of `below`, which is grabbed and clicked as before."""
    style = below.style or Style()
    ground = style.color if style.reverse else style.bgcolor
    meta = Style.from_meta(style.meta) if style.meta else Style()
    return Segment(sign.ljust(len(below.text)), Style(color=colour.color, bgcolor=ground, bold=colour.bold) + meta)
