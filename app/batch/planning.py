"""What a batch will take, before it begins: tokens, seconds, memory, disk, and what is there already.

Sizes are those of the planner of single reads (docqa.model.cost.plan), times those that earlier runs took on this
machine (`speeds`). Only `--dry-run` makes the text of some documents, of kinds whose size says little and of which
nothing was learned, for as long as `PROBE_S` lasts.
"""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from docqa.app.batch.documents import KEEP_STATE_FROM_CHARACTERS, UNTITLED, model_folder, read_document, reading_of
from docqa.app.batch.items import Task, read_content
from docqa.app.batch.speeds import Line, Speeds

if TYPE_CHECKING:
    from docqa.app.options import Options
    from docqa.app.storage.store import Store
    from docqa.model.config import HybridConfig

PROBE_S = 8.0
CHARACTERS_PER_TOKEN = 4.0
TOKENS_PER_BYTE = {".txt": 0.25, ".md": 0.25, ".tex": 0.25, ".eml": 0.2, ".html": 0.12, ".htm": 0.12, ".xml": 0.12}
"""Of kinds whose size says something; those of the others are learned, or probed."""
UNKNOWN_TOKENS_PER_BYTE = 0.03
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


@dataclass
class Planner:
    """Plans the tasks of one job. Mutable: keeps what it probed."""

    options: Options
    store: Store | None
    speeds: Speeds
    _probed: dict[str, Line] = field(default_factory=dict)

    def raw_memory(self, tokens: int, jobs: int, documents: int) -> int:
        """Bytes of `jobs` processes that read `documents`, the longest of `tokens`, before anything is learned."""
        import torch

        from docqa.model.load import compute_dtype

        folder = model_folder(self.options)
        lengths = min(documents // jobs * LENGTH_BYTES, MOST_LENGTHS_BYTES)
        if compute_dtype(folder) is not torch.bfloat16:
            lengths = 0
        return (_memory_bytes(*_config(folder), folder, tokens) + lengths) * jobs

    def plan(self, tasks: list[Task], jobs: int, *, probe: bool = False) -> BatchPlan:
        """Of `tasks`, all of which are left to do; `probe` makes the text of some, for who asks only for the plan.

        Raises docqa.model.errors for a folder that is not a model.
        """
        from docqa.model.cost.plan import estimate

        _, depth = _config(model_folder(self.options))
        if probe:
            self._probe(tasks)
        kept_states = self._kept_states()
        plans = {task.key: self._task(task, depth, kept_states) for task in tasks}
        raw = self.raw_memory(max(plan.tokens for plan in plans.values()), jobs, len(plans)) if plans else 0
        ratio = self.speeds.memory.at(1.0) or 1.0
        works = sum(plan.seconds for plan in plans.values())
        slowest = max((plan.seconds for plan in plans.values()), default=0.0)
        startup = self.speeds.startup.at(1.0)
        seconds = (STARTUP_S if startup is None else startup) + max(works / jobs, slowest) if plans else 0.0
        disk = OUTPUT_BYTES * sum(len(task.paths) for task in tasks) + sum(
            estimate(depth, plan.tokens).disk_bytes
            for plan in plans.values()
            if not plan.kept_state and _is_long(plan.tokens)
        )
        return BatchPlan(plans, jobs, seconds, round(raw * ratio), disk)

    def _task(self, task: Task, depth: HybridConfig, kept_states: set[str]) -> TaskPlan:
        from docqa.model.cost.plan import LONGEST_CONTEXT, estimate

        size, suffix = task.item.bytes, task.item.suffix
        tokens = round(min(self._tokens(suffix, size), LONGEST_CONTEXT))
        kept_text = self._has_text(task)
        reading = 0.0 if kept_text else self.speeds.reading.get(suffix, Line()).at(size)
        kept_state = task.item.digest in kept_states and _is_long(tokens)
        work = self.speeds.work.at(tokens)
        if work is None:
            work = TASK_S + estimate(depth, tokens).seconds
        if kept_state:
            known = self.speeds.kept.at(tokens)
            work = work * KEPT_SHARE if known is None else known
        return TaskPlan(tokens, work + (READER_START_S if reading is None else reading), kept_text, kept_state)

    def _tokens(self, suffix: str, size: int) -> float:
        learned = self.speeds.tokens.get(suffix, Line()).at(size)
        if learned is None:
            learned = self._probed.get(suffix, Line()).at(size)
        return learned if learned is not None else size * TOKENS_PER_BYTE.get(suffix, UNKNOWN_TOKENS_PER_BYTE)

    def _probe(self, tasks: list[Task]) -> None:
        """Make the text of some documents of kinds that nothing is known of."""
        from docqa.ingest.errors import IngestError

        unknown = [task for task in tasks if task.item.suffix not in {*TOKENS_PER_BYTE, *self.speeds.tokens}]
        end = time.monotonic() + PROBE_S
        for task in sorted(unknown, key=lambda task: task.item.bytes):
            left = end - time.monotonic()
            if left <= 0:
                return
            try:
                content, name = read_content(task.item), UNTITLED + task.item.suffix
                document = read_document(content, name, self.options, self.store, seconds=left)
            except IngestError:
                if time.monotonic() >= end:
                    return
                characters = 0  # it will be a failure of the run, and takes no tokens
            else:
                characters = sum(len(page.text) for page in document.pages)
            line = self._probed.setdefault(task.item.suffix, Line())
            line.add(task.item.bytes, characters / CHARACTERS_PER_TOKEN)

    def _has_text(self, task: Task) -> bool:
        from docqa.app.storage.sources import document_keys

        if self.store is None or task.item.digest is None:
            return False
        keys = document_keys(UNTITLED + task.item.suffix, task.item.digest, reading_of(self.options))
        return any(self.store.has("documents", key) for key in keys)

    def _kept_states(self) -> set[str]:
        """Digests of the documents whose whole state is kept."""
        entries = self.store.entries("states") if self.store is not None else []
        return {
            entry.details["documents"][0]
            for entry in entries
            if len(entry.details.get("documents", [])) == 1
            and entry.details.get("position") == entry.details.get("total")
        }  # fmt: skip


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


@contextlib.contextmanager
def signal_raises(number: int, error: type[BaseException]) -> Iterator[None]:
    """In the block the signal `number` raises `error`. Main thread only."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise error

    before = signal.signal(number, stop)
    try:
        yield
    finally:
        signal.signal(number, before)
