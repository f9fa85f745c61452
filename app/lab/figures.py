"""Every figure that the lab draws, as SVG text: bars, a grid of shares, ratios to a peer, shares over shares, and the
curves of a training log.

    python -m docqa.app.lab.figures LOG.jsonl [LOG.jsonl ...] --out FILE.svg

draws the logs that training writes: one curve for every figure, over the tokens.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from docqa.app.storage.atomic import write_whole

COLOURS = ("#1f5fa8", "#7fb0dd", "#b8b8b8", "#8a8a8a", "#d98b3a", "#4f9a5b")
WIDTH, PANEL, MARGIN, LEGEND_ROW = 760, 210, 50, 18
LETTER = 6  # the mean width of a letter of size 11
_TEXT = 'font-family="sans-serif" font-size="{size}" fill="#222222"'


def bars(title: str, panels: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """One panel of grouped bars below the other: {panel: {group: {series: share from 0 to 1}}}.

    Series keep one colour throughout, in the order in which they first appear; each bar bears its value in percent.
    """
    series = list(dict.fromkeys(name for groups in panels.values() for found in groups.values() for name in found))
    top = 30 + LEGEND_ROW * len(series)
    parts = [_label(MARGIN, 20, title, 15)]
    for number, name in enumerate(series):
        y = 38 + LEGEND_ROW * number
        parts.append(_box(MARGIN, y - 10, 12, 12, COLOURS[number % len(COLOURS)]) + _label(MARGIN + 18, y, name, 12))
    for number, (name, groups) in enumerate(panels.items()):
        parts.append(_panel(name, groups, series, top + number * PANEL))
    return _document(parts, top + PANEL * len(panels))


def _panel(name: str, groups: Mapping[str, Mapping[str, float]], series: Sequence[str], top: int) -> str:
    floor, height = top + PANEL - 34, PANEL - 74
    parts = [_label(MARGIN, top + 20, name, 13), _line(MARGIN, floor, WIDTH - MARGIN, floor)]
    room = (WIDTH - 2 * MARGIN) / max(len(groups), 1)
    wide = min((room - 12) / max(len(series), 1), 46)
    lower = 13 if max(map(len, groups), default=0) * LETTER > room else 0  # every second name, where they would touch
    for place, (group, found) in enumerate(groups.items()):
        left = MARGIN + place * room + (room - wide * len(series)) / 2
        parts.append(_label(MARGIN + (place + 0.5) * room, floor + 16 + place % 2 * lower, group, 11, "middle"))
        for number, which in enumerate(series):
            if which in found:
                tall = height * found[which]
                x = left + number * wide
                parts.append(_box(x, floor - tall, wide - 2, tall, COLOURS[number % len(COLOURS)]))
                parts.append(_label(x + wide / 2 - 1, floor - tall - 3, f"{100 * found[which]:.0f}", 9, "middle"))
    return "".join(parts)


def grid(title: str, rows: Mapping[str, Mapping[str, float]]) -> str:
    """Shares from 0 to 1 as cells: {row: {column: share}}; the darker, the nearer to 1."""
    columns = list(dict.fromkeys(name for found in rows.values() for name in found))
    wide, tall, left = (WIDTH - MARGIN - 110) / max(len(columns), 1), 30, 110
    parts = [_label(MARGIN, 20, title, 15)]
    parts += [_label(left + (i + 0.5) * wide, 46, name, 11, "middle") for i, name in enumerate(columns)]
    for number, (name, found) in enumerate(rows.items()):
        y = 54 + number * tall
        parts.append(_label(left - 8, y + 20, name, 11, "end"))
        for i, column in enumerate(columns):
            if column in found:
                x, share = left + i * wide, found[column]
                parts.append(_box(x, y, wide - 2, tall - 2, COLOURS[0], 0.08 + 0.62 * share))
                parts.append(_label(x + wide / 2 - 1, y + 19, f"{100 * share:.0f}", 11, "middle"))
    return _document(parts, 64 + tall * len(rows))


def ratios(title: str, below: str, found: Mapping[str, float]) -> str:
    """A bar for each ratio, and a line where it is 1; `below` is printed under the title."""
    row, left, wide, top = 26, 230, 420, 56
    longest = max([1.0, *found.values()])
    parts = [_label(12, 22, title, 15), _label(12, 42, below, 12)]
    for number, (name, ratio) in enumerate(found.items()):
        y, long = top + number * row, wide * ratio / longest
        parts.append(_label(12, y + 16, name, 12) + _box(left, y + 3, long, row - 8, COLOURS[0]))
        parts.append(_label(left + long + 6, y + 16, f"{ratio:.2f}", 12))
    if not found:
        parts.append(_label(12, top + 16, "nothing was compared with a peer", 12))
    height = top + row * max(1, len(found))
    level = left + wide / longest
    return _document([*parts, _line(level, top, level, height)], height + 20)


def curves(found: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """A panel for each curve of points (tokens, value), with its first, smallest and last value."""
    parts, tall = [], 180
    for number, (name, points) in enumerate(found.items()):
        xs, ys = zip(*points, strict=True)
        left, low = min(xs), min(ys)
        across = (WIDTH - 2 * MARGIN) / ((max(xs) - left) or 1)
        down = (tall - 60) / ((max(ys) - low) or 1)
        floor = (number + 1) * tall - 30
        span = f"{int(left):,} to {int(max(xs)):,} tokens"
        caption = f"{name}: {ys[0]:.4g} to {ys[-1]:.4g} (lowest {low:.4g}), {span}"
        line = " ".join(f"{MARGIN + (x - left) * across:.1f},{floor - (y - low) * down:.1f}" for x, y in points)
        parts.append(_label(MARGIN, number * tall + 18, caption, 13))
        parts.append(_joined(line))
    return _document(parts, tall * max(1, len(found)))


class Square(NamedTuple):
    """A panel of `squares`: the `points` (across, up) on axes from 0 to 1, joined.

    `binned`: each point gets a dot, and a line shows where both axes are equal.
    """

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
        parts += [f'<circle cx="{x}" cy="{y}" r="4" fill="{COLOURS[0]}"/>' for x, y in dots]
    parts.append(_joined(" ".join(at(*point) for point in panel.points)))
    return "".join(parts)


def write(path: Path | str | None, drawn: str) -> None:
    """Write a figure, whole or not at all; nothing where `path` is None. Raises OSError."""
    if path is not None:
        write_whole(str(path), drawn.encode("utf-8"))


def log_curves(logs: Sequence[Path]) -> dict[str, list[tuple[float, float]]]:
    """(tokens, value) of every figure in training logs, by the log's name and the figure's."""
    found: dict[str, list[tuple[float, float]]] = {}
    for log in logs:
        for record in map(json.loads, log.read_text(encoding="utf-8").splitlines()):
            for name, value in record.items():
                if name not in ("step", "tokens"):
                    found.setdefault(f"{log.stem} {name}", []).append((record["tokens"], value))
    return found


def _document(parts: Sequence[str], height: float) -> str:
    size = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
    back = f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{back}{"".join(parts)}</svg>\n'


def _label(x: float, y: float, text: str, size: int, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {_TEXT.format(size=size)}>{escape(text)}</text>'


def _box(x: float, y: float, width: float, height: float, colour: str, opacity: float = 1.0) -> str:
    shape = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {shape} fill="{colour}" fill-opacity="{opacity:.2f}"/>'


def _line(x: float, y: float, to_x: float, to_y: float, opacity: float = 1.0) -> str:
    ends = f"M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}"
    return f'<path d="{ends}" stroke="#222222" stroke-width="1" stroke-opacity="{opacity:.2f}"/>'


def _joined(points: str) -> str:
    return f'<polyline fill="none" stroke="{COLOURS[0]}" stroke-width="1.5" points="{points}"/>'


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Draw training logs as SVG.")
    parser.add_argument("logs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    write(options.out, curves(log_curves(options.logs)))


if __name__ == "__main__":
    main()
