"""Figures as SVG text: ratios to a peer, and shares over shares."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from docqa.app.storage.atomic import write_whole

COLOUR = "#1f5fa8"
WIDTH, MARGIN = 760, 50
_TEXT = 'font-family="sans-serif" font-size="{size}" fill="#222222"'


def ratios(title: str, below: str, found: Mapping[str, float]) -> str:
    """A bar for each ratio, and a line where it is 1; `below` is printed under the title."""
    row, left, wide, top = 26, 230, 420, 56
    longest = max([1.0, *found.values()])
    parts = [_label(12, 22, title, 15), _label(12, 42, below, 12)]
    for number, (name, ratio) in enumerate(found.items()):
        y, long = top + number * row, wide * ratio / longest
        size = f'width="{long:.1f}" height="{row - 8:.1f}" fill="{COLOUR}"'
        parts.append(_label(12, y + 16, name, 12) + f'<rect x="{left:.1f}" y="{y + 3:.1f}" {size}/>')
        parts.append(_label(left + long + 6, y + 16, f"{ratio:.2f}", 12))
    if not found:
        parts.append(_label(12, top + 16, "nothing was compared with a peer", 12))
    height = top + row * max(1, len(found))
    level = left + wide / longest
    return _document([*parts, _line(level, top, level, height)], height + 20)


class Square(NamedTuple):
    """A panel of `squares`: `points` (across, up) on axes from 0 to 1, joined; if `binned` with dots and a diagonal."""

    name: str
    across: str
    up: str
    points: Sequence[tuple[float, float]]
    binned: bool


def squares(title: str, panels: Sequence[Square]) -> str:
    """Two panels, shares over shares, beside each other."""
    side = WIDTH / 2 - 1.6 * MARGIN
    parts = [_label(MARGIN, 20, title, 15)]
    for number, panel in enumerate(panels):
        parts.append(_square(panel, MARGIN + number * WIDTH / 2, 80 + side, side))
    return _document(parts, side + 130)


def _square(panel: Square, left: float, floor: float, side: float) -> str:
    def at(x: float, y: float) -> str:
        return f"{left + side * x:.1f},{floor - side * y:.1f}"

    parts = [_label(left, floor - side - 30, panel.name, 13), _label(left, floor - side - 12, panel.up, 11)]
    parts.append(_label(left + side / 2, floor + 34, panel.across, 11, "middle"))
    for step in range(6):
        share = step / 5
        parts.append(_line(left, floor - side * share, left + side, floor - side * share, 0.15 if step else 1.0))
        parts.append(_label(left - 6, floor - side * share + 4, f"{share:.1f}", 9, "end"))
        parts.append(_label(left + side * share, floor + 14, f"{share:.1f}", 9, "middle"))
    if panel.binned:
        parts.append(_line(left, floor, left + side, floor - side, 0.4))
        dots = (at(*point).split(",") for point in panel.points)
        parts += [f'<circle cx="{x}" cy="{y}" r="4" fill="{COLOUR}"/>' for x, y in dots]
    points = " ".join(at(*point) for point in panel.points)
    parts.append(f'<polyline fill="none" stroke="{COLOUR}" stroke-width="1.5" points="{points}"/>')
    return "".join(parts)


def write(path: Path | str | None, drawn: str) -> None:
    """Write a figure whole; nothing where `path` is None. Raises OSError."""
    if path is not None:
        write_whole(str(path), drawn.encode("utf-8"))


def _document(parts: Sequence[str], height: float) -> str:
    size = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
    back = f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{back}{"".join(parts)}</svg>\n'


def _label(x: float, y: float, text: str, size: int, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {_TEXT.format(size=size)}>{escape(text)}</text>'


def _line(x: float, y: float, to_x: float, to_y: float, opacity: float = 1.0) -> str:
    ends = f"M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}"
    return f'<path d="{ends}" stroke="#222222" stroke-width="1" stroke-opacity="{opacity:.2f}"/>'
