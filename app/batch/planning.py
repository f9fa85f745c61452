"""What a batch will take, before it begins: tokens, seconds, memory, disk, and what is there already.

Sizes are those of the planner of single reads (docqa.model.cost.plan), times those that earlier runs took on this
machine (`speeds`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.app.batch.documents import KEEP_STATE_FROM_CHARACTERS, UNTITLED, model_folder
from docqa.app.batch.items import Task
from docqa.app.batch.speeds import Speeds
from docqa.ingest.formats import format_of_suffix

if TYPE_CHECKING:
    from docqa.app.options import Options
    from docqa.app.storage.store import Store
    from docqa.model.config import HybridConfig

CHARACTERS_PER_TOKEN = 4.0
UNKNOWN_TOKENS_PER_BYTE = 0.03  # of formats whose size says nothing; it is learned
READER_START_S = 0.15
TASK_S = 0.3
KEPT_SHARE = 0.1  # of the work on a document, where it was read before; measured: 41 of 443 s
STARTUP_S = 3.0
LENGTH_BYTES, MOST_LENGTHS_BYTES = 1_250_000, 420_000_000
"""What a process keeps for each length of document in bfloat16, matrix products compiled for it; measured."""
OUTPUT_BYTES = 16_384
"""What a document leaves in the output folder: record, page, line, digest."""


@dataclass(frozen=True)
class TaskPlan:
    """Of one task: `seconds` of one process; `kept_text`, `kept_state`: what need not be made again."""

    tokens: int
    seconds: float
    kept_text: bool = False
    kept_state: bool = False


@dataclass(frozen=True)
class BatchPlan:
    """Of what is left to do, with `jobs` at once. `memory_bytes` at the peak, of all processes here."""

    tasks: dict[str, TaskPlan]
    jobs: int
    seconds: float
    memory_bytes: int
    disk_bytes: int

    @property
    def tokens(self) -> int:
        return sum(task.tokens for task in self.tasks.values())

    @property
    def kept_texts(self) -> int:
        return sum(task.kept_text for task in self.tasks.values())

    @property
    def kept_states(self) -> int:
        return sum(task.kept_state for task in self.tasks.values())


def plan_tasks(tasks: list[Task], jobs: int, options: Options, store: Store | None, speeds: Speeds) -> BatchPlan:
    """Of `tasks`, all of which are left to do, by what runs took before: `speeds`.

    Raises docqa.model.errors for a folder that is not a model.
    """
    from docqa.model.cost.plan import estimate

    _, depth = _config(model_folder(options))
    kept_states = _kept_states(store)
    plans = {task.key: _plan_task(task, depth, kept_states, options, store, speeds) for task in tasks}
    if not plans:
        return BatchPlan({}, jobs, 0.0, 0, 0)
    raw = planned_memory(options, max(plan.tokens for plan in plans.values()), jobs, len(plans))
    seconds = [plan.seconds for plan in plans.values()]
    whole = speeds.at("startup", 1.0, STARTUP_S) + max(sum(seconds) / jobs, *seconds)
    disk = OUTPUT_BYTES * sum(len(task.paths) for task in tasks) + sum(
        estimate(depth, plan.tokens).disk_bytes
        for plan in plans.values()
        if not plan.kept_state and _is_long(plan.tokens)
    )
    return BatchPlan(plans, jobs, whole, round(raw * speeds.at("memory", 1.0, 1.0)), disk)


def planned_memory(options: Options, tokens: int, jobs: int, documents: int) -> int:
    """Bytes of `jobs` processes that read `documents`, the longest of `tokens`, before anything is learned."""
    import torch

    from docqa.model.load import compute_dtype

    folder = model_folder(options)
    lengths = min(documents // jobs * LENGTH_BYTES, MOST_LENGTHS_BYTES)
    if compute_dtype(folder) is not torch.bfloat16:
        lengths = 0
    return (_memory_bytes(*_config(folder), folder, tokens) + lengths) * jobs


def _plan_task(
    task: Task, depth: HybridConfig, kept_states: set[str], options: Options, store: Store | None, speeds: Speeds
) -> TaskPlan:
    from docqa.model.cost.plan import LONGEST_CONTEXT, estimate

    size, suffix = task.item.bytes, task.item.suffix
    known = format_of_suffix(suffix)
    unlearned = size * (known.tokens_per_byte if known and known.tokens_per_byte else UNKNOWN_TOKENS_PER_BYTE)
    tokens = round(min(speeds.at(f"tokens {suffix}", size, unlearned), LONGEST_CONTEXT))
    kept_text = _has_text(task, options, store)
    reading = 0.0 if kept_text else speeds.at(f"reading {suffix}", size, READER_START_S)
    work = speeds.at("work", tokens, TASK_S + estimate(depth, tokens).seconds)
    kept_state = task.item.digest in kept_states and _is_long(tokens)
    if kept_state:
        work = speeds.at("kept", tokens, KEPT_SHARE * work)
    return TaskPlan(tokens, work + reading, kept_text, kept_state)


def _has_text(task: Task, options: Options, store: Store | None) -> bool:
    from docqa.app.storage.sources import document_keys, reading_of

    if store is None or task.item.digest is None:
        return False
    keys = document_keys(UNTITLED + task.item.suffix, task.item.digest, reading_of(options))
    return any(store.has("documents", key) for key in keys)


def _kept_states(store: Store | None) -> set[str]:
    """Digests of the documents whose whole state is kept."""
    details = [entry.details for entry in store.entries("states")] if store is not None else []
    return {
        each["documents"][0]
        for each in details
        if len(each.get("documents", [])) == 1 and each.get("position") == each.get("total")
    }


def _config(folder: Path) -> tuple[HybridConfig, HybridConfig]:
    """The model's configuration, and that of the layers that documents are read through."""
    from docqa.model.config import HybridConfig

    config = HybridConfig.from_folder(folder)
    calibration = folder / "calibration.json"
    known = json.loads(calibration.read_text(encoding="utf-8")) if calibration.is_file() else {}
    layers = int(known.get("evidence_layer", config.num_hidden_layers - 1)) + 1
    return config, config.first_layers(min(layers, config.num_hidden_layers))


def _memory_bytes(config: HybridConfig, depth: HybridConfig, folder: Path, tokens: int) -> int:
    from docqa.model.checkpoints.experts import default_budget
    from docqa.model.checkpoints.weights import weight_files
    from docqa.model.cost.plan import estimate, parameters
    from docqa.model.heads.reader_cost import cost_of_reader
    from docqa.model.load import default_dtype

    on_disk = sum(path.stat().st_size for path in weight_files(folder))
    on_disk = on_disk * parameters(depth)["total"] // parameters(config)["total"]
    dtype = default_dtype()
    item, pool = int(dtype.itemsize), default_budget(config, dtype)
    reader = cost_of_reader(folder)
    return estimate(depth, tokens, item=item, weights_on_disk=on_disk, expert_bytes=pool, reader=reader).memory_bytes


def _is_long(tokens: int) -> bool:
    return tokens * CHARACTERS_PER_TOKEN >= KEEP_STATE_FROM_CHARACTERS
