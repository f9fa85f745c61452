"""What a batch will take: tokens, seconds, memory, disk. Sizes are those of docqa.model.cost.plan,
corrected by earlier runs here: `batch_speeds.json` in the cache folder, where older runs count half
with each new one."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docqa.app.context.plan import layer_bytes_on_disk
from docqa.app.options import Options
from docqa.app.storage.atomic import write_whole
from docqa.ingest.formats import format_of_suffix
from docqa.model.config import HybridConfig
from docqa.model.cost.plan import LONGEST_CONTEXT, estimate

from .documents import KEEP_STATE_FROM_CHARACTERS, model_folder
from .items import Task

CHARACTERS_PER_TOKEN = 4.0
UNKNOWN_TOKENS_PER_BYTE = 0.03  # of formats whose size says nothing; it is learned
READER_START_S = 0.15
TASK_S = 0.3
STARTUP_S = 3.0
OUTPUT_BYTES = 16_384
"""What a document leaves in the output folder: record, page, line, digest."""
SCHEMA = 3
SPEEDS = "batch_speeds.json"


class Speeds:
    """By name the sums of sizes and of what these took, for one job, model and number of jobs.
    Mutable. `tokens .pdf`, `reading .pdf`: tokens, and seconds for text, over bytes. `work`: other
    seconds of a task, over tokens. `startup`: other seconds of a run, over runs. `memory`: peak
    over formula."""

    def __init__(self, path: Path | None = None, key: str = "") -> None:
        """`path`: the file of what is kept; one that is missing, or is none of ours, says
        nothing.
        """
        self._path = path
        self._key = key
        self.sums: dict[str, tuple[float, float]] = {}
        with suppress(TypeError, KeyError, AttributeError, ValueError):
            self.sums = {
                name: (float(x), float(y))
                for name, (x, y) in self._load_stored_speeds()[key].items()
            }

    def estimate(self, name: str, x: float, default: float) -> float:
        """What `x` takes, by what is known of `name`, else `default`."""
        known, took = self.sums.get(name, (0.0, 0.0))
        return x * took / known if known else default

    def add(self, name: str, x: float, y: float) -> None:
        known, took = self.sums.get(name, (0.0, 0.0))
        self.sums[name] = known + x, took + y

    def reduce_old_weights(self) -> None:
        self.sums = {name: (x / 2, y / 2) for name, (x, y) in self.sums.items()}

    def save(self) -> None:
        """Raises OSError when the disk refuses."""
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept = {**self._load_stored_speeds(), self._key: self.sums}
            write_whole(self._path, json.dumps({"schema": SCHEMA, "speeds": kept}).encode())

    def _load_stored_speeds(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            raw = (
                json.loads(self._path.read_text(encoding="utf-8"))
                if self._path is not None
                else None
            )
            if isinstance(raw, dict) and raw.get("schema") == SCHEMA:
                return dict(raw["speeds"])
        return {}


@dataclass(frozen=True)
class BatchPlan:
    """Of `tasks` left, `jobs` at once; `memory_bytes`: peak of all processes here, `formula_bytes`:
    by formula.
    """

    tasks: int
    tokens: int
    jobs: int
    seconds: float
    memory_bytes: int
    disk_bytes: int
    formula_bytes: int


def plan_tasks(tasks: list[Task], jobs: int, options: Options, speeds: Speeds) -> BatchPlan:
    """What `tasks`, all left to do, will take. Raises docqa.model.errors for the model's folder."""
    config, depth = _configs_of_model(model_folder(options))
    if not tasks:
        return BatchPlan(0, 0, jobs, 0.0, 0, 0, 0)
    tokens, seconds = zip(
        *(_tokens_and_seconds(task, depth, speeds) for task in tasks), strict=True
    )
    memory = jobs * _memory_bytes(config, depth, model_folder(options), max(tokens))
    whole = speeds.estimate("startup", 1.0, STARTUP_S) + max(sum(seconds) / jobs, *seconds)
    long = [count for count in tokens if count * CHARACTERS_PER_TOKEN >= KEEP_STATE_FROM_CHARACTERS]
    disk = OUTPUT_BYTES * sum(len(task.paths) for task in tasks)
    disk += sum(estimate(depth, count).disk_bytes for count in long)
    held = round(speeds.estimate("memory", memory, memory))
    return BatchPlan(len(tasks), sum(tokens), jobs, whole, held, disk, memory)


def _tokens_and_seconds(task: Task, depth: HybridConfig, speeds: Speeds) -> tuple[int, float]:
    size = task.item.bytes
    suffix = task.item.suffix
    known = format_of_suffix(suffix)
    unlearned = size * (
        known.tokens_per_byte if known and known.tokens_per_byte else UNKNOWN_TOKENS_PER_BYTE
    )
    tokens = round(min(speeds.estimate(f"tokens {suffix}", size, unlearned), LONGEST_CONTEXT))
    reading = speeds.estimate(f"reading {suffix}", size, READER_START_S)
    return tokens, reading + speeds.estimate(
        "work", tokens, TASK_S + estimate(depth, tokens).seconds
    )


def _configs_of_model(folder: Path) -> tuple[HybridConfig, HybridConfig]:
    """The model's configuration, and that of the layers that documents are read through."""
    config = HybridConfig.from_folder(folder)
    calibration = folder / "calibration.json"
    known = json.loads(calibration.read_text(encoding="utf-8")) if calibration.is_file() else {}
    layers = int(known.get("evidence_layer", config.num_hidden_layers - 1)) + 1
    return config, config.first_layers(min(layers, config.num_hidden_layers))


def _memory_bytes(config: HybridConfig, depth: HybridConfig, folder: Path, tokens: int) -> int:
    from docqa.model.heads.reader_cost import cost_of_reader
    from docqa.model.load import default_dtype

    on_disk = layer_bytes_on_disk(folder, config, depth)
    item = int(default_dtype().itemsize)
    reader = cost_of_reader(folder)
    return estimate(depth, tokens, item=item, weights_on_disk=on_disk, reader=reader).memory_bytes
