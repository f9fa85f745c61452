"""Draw a stage's JSONL log as SVG: one panel for every figure, against the tokens seen.

python -m docqa.model.training.plot LOG.jsonl [LOG.jsonl ...] --out FILE.svg
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

WIDTH, HEIGHT, MARGIN = 640, 180, 50


def panel(name: str, points: list[tuple[float, float]], top: int) -> str:
    """One curve with its name and its first, smallest and last values."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    left, right, low, high = min(xs), max(xs), min(ys), max(ys)

    def place(x: float, y: float) -> str:
        across = MARGIN + (x - left) / ((right - left) or 1) * (WIDTH - 2 * MARGIN)
        down = top + HEIGHT - 30 - (y - low) / ((high - low) or 1) * (HEIGHT - 60)
        return f"{across:.1f},{down:.1f}"

    line = " ".join(place(x, y) for x, y in points)
    caption = f"{name}: {ys[0]:.4g} to {ys[-1]:.4g} (lowest {low:.4g}), {int(left):,} to {int(right):,} tokens"
    return (
        f'<text x="{MARGIN}" y="{top + 18}" font-family="sans-serif" font-size="13">{caption}</text>'
        f'<polyline fill="none" stroke="#1f5fa8" stroke-width="1.5" points="{line}"/>'
    )


def draw(logs: list[Path]) -> str:
    """SVG text of all figures in `logs`, one after the other."""
    panels: list[str] = []
    for log in logs:
        records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        for name in dict.fromkeys(key for record in records for key in record if key not in ("step", "tokens")):
            points = [(record["tokens"], record[name]) for record in records if name in record]
            panels.append(panel(f"{log.stem} {name}", points, len(panels) * HEIGHT))
    size = f'width="{WIDTH}" height="{len(panels) * HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(panels)}</svg>\n'


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw training logs as SVG.")
    parser.add_argument("logs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.write_text(draw(options.logs), encoding="utf-8")


if __name__ == "__main__":
    main()
