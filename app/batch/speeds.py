"""What runs on this machine took, kept so that the next estimate is right: lines through (size, seconds) and the like.

Kept as `batch_speeds.json` in docqa's cache folder. Older runs count half with every new one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from docqa.app.storage.atomic import write_whole

SCHEMA = 2
FILE = "batch_speeds.json"


@dataclass
class Line:
    """y = base + slope x through weighted points, by least squares; neither part is ever negative. Mutable."""

    n: float = 0.0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    def add(self, x: float, y: float) -> None:
        self.n, self.x, self.y = self.n + 1, self.x + x, self.y + y
        self.xx, self.xy = self.xx + x * x, self.xy + x * y

    def age(self) -> None:
        """Let the points so far count half."""
        self.n, self.x, self.y, self.xx, self.xy = (value / 2 for value in vars(self).values())

    def at(self, x: float) -> float | None:
        """The y expected for `x`; None where nothing is known."""
        if not self.n:
            return None
        spread = self.n * self.xx - self.x * self.x
        slope = (self.n * self.xy - self.x * self.y) / spread if spread > 1e-9 * self.n * self.xx else 0.0
        base = (self.y - slope * self.x) / self.n
        if slope <= 0:
            return self.y / self.n
        if base < 0:
            return x * self.y / self.x
        return base + slope * x


@dataclass
class Speeds:
    """Of one job with one model and number of jobs, by name. Mutable.

    `tokens .pdf`, `reading .pdf`: tokens, and seconds for its text, over bytes. `work`: seconds of a task after its
    text is there, over tokens; `kept`: of one that was read before. `startup`: seconds of a run besides its tasks.
    `memory`: what the peak was, as a share of what the planner said.
    """

    lines: dict[str, Line] = field(default_factory=dict)

    def at(self, name: str, x: float, default: float) -> float:
        """What the line of `name` says for `x`; `default` where nothing is known."""
        found = self.lines.get(name, Line()).at(x)
        return default if found is None else found

    def add(self, name: str, x: float, y: float) -> None:
        self.lines.setdefault(name, Line()).add(x, y)

    def age(self) -> None:
        """Let what was measured so far count half."""
        for line in self.lines.values():
            line.age()


def load_speeds(folder: Path, key: str) -> Speeds:
    """What is kept for `key`; nothing known where nothing is, or where the file is none of ours."""
    try:
        return Speeds({name: Line(**line) for name, line in _read(folder)[key]["lines"].items()})
    except (TypeError, KeyError, AttributeError):
        return Speeds()


def save_speeds(folder: Path, key: str, speeds: Speeds) -> None:
    """Raises OSError when the disk refuses."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept: dict[str, object] = {**_read(folder), key: asdict(speeds)}
    write_whole(str(folder / FILE), json.dumps({"schema": SCHEMA, "speeds": kept}).encode())


def _read(folder: Path) -> dict[str, Any]:
    try:
        raw = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(raw["speeds"]) if isinstance(raw, dict) and raw.get("schema") == SCHEMA else {}
