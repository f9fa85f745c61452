"""What runs on this machine took, kept so that the next estimate is right.

Kept as `batch_speeds.json` in docqa's cache folder. Older runs count half with every new one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docqa.app.storage.atomic import write_whole

SCHEMA = 3
FILE = "batch_speeds.json"


@dataclass
class Speeds:
    """Of one job with one model and number of jobs: by name the sums of sizes and of what these took. Mutable.

    `tokens .pdf`, `reading .pdf`: tokens, and seconds for its text, over bytes. `work`: seconds of a task after its
    text is there, over tokens. `startup`: seconds of a run besides its tasks, over runs. `memory`: bytes at the peak,
    over those by formula.
    """

    sums: dict[str, tuple[float, float]] = field(default_factory=dict)

    def at(self, name: str, x: float, default: float) -> float:
        """What `x` takes, by what is known of `name`; `default` where nothing is."""
        known, took = self.sums.get(name, (0.0, 0.0))
        return x * took / known if known else default

    def add(self, name: str, x: float, y: float) -> None:
        known, took = self.sums.get(name, (0.0, 0.0))
        self.sums[name] = known + x, took + y

    def age(self) -> None:
        """Let what was measured so far count half."""
        self.sums = {name: (x / 2, y / 2) for name, (x, y) in self.sums.items()}


def load_speeds(folder: Path, key: str) -> Speeds:
    """What is kept for `key`; nothing known where nothing is, or where the file is none of ours."""
    try:
        return Speeds({name: (float(x), float(y)) for name, (x, y) in _read(folder)[key].items()})
    except (TypeError, KeyError, AttributeError, ValueError):
        return Speeds()


def save_speeds(folder: Path, key: str, speeds: Speeds) -> None:
    """Raises OSError when the disk refuses."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept: dict[str, object] = {**_read(folder), key: speeds.sums}
    write_whole(str(folder / FILE), json.dumps({"schema": SCHEMA, "speeds": kept}).encode())


def _read(folder: Path) -> dict[str, Any]:
    try:
        raw = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(raw["speeds"]) if isinstance(raw, dict) and raw.get("schema") == SCHEMA else {}
