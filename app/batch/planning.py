"""What a batch will take: tokens, seconds, memory, disk, as docqa.model.cost.plan has them."""

from dataclasses import dataclass
from pathlib import Path

from docqa.app.context.plan import layer_bytes_on_disk
from docqa.app.options import Options
from docqa.ingest.formats import format_of_suffix
from docqa.model.config import HybridConfig
from docqa.model.cost.plan import LONGEST_CONTEXT, estimate
from docqa.model.folder import load_calibration

from .documents import KEEP_STATE_FROM_CHARACTERS, model_folder
from .items import Task

CHARACTERS_PER_TOKEN = 4.0
UNKNOWN_TOKENS_PER_BYTE = 0.03  # of formats whose size says nothing
READER_START_S = 0.15
TASK_S = 0.3
STARTUP_S = 3.0
OUTPUT_BYTES = 16_384
"""What a document leaves in the output folder: record, page, line, digest."""


@dataclass(frozen=True)
class BatchPlan:
    """Of `tasks` left, `jobs` at once; `memory_bytes`: peak of all processes here."""

    tasks: int
    tokens: int
    jobs: int
    seconds: float
    memory_bytes: int
    disk_bytes: int


def plan_tasks(tasks: list[Task], jobs: int, options: Options) -> BatchPlan:
    """What `tasks`, all left to do, will take. Raises docqa.model.errors for the model's folder."""
    config, depth = _configs_of_model(model_folder(options))
    if not tasks:
        return BatchPlan(0, 0, jobs, 0.0, 0, 0)
    tokens, seconds = zip(*(_tokens_and_seconds(task, depth) for task in tasks), strict=True)
    memory = jobs * _memory_bytes(config, depth, model_folder(options), max(tokens))
    whole = STARTUP_S + max(sum(seconds) / jobs, *seconds)
    long = [count for count in tokens if count * CHARACTERS_PER_TOKEN >= KEEP_STATE_FROM_CHARACTERS]
    disk = OUTPUT_BYTES * sum(len(task.paths) for task in tasks)
    disk += sum(estimate(depth, count).disk_bytes for count in long)
    return BatchPlan(len(tasks), sum(tokens), jobs, whole, memory, disk)


def _tokens_and_seconds(task: Task, depth: HybridConfig) -> tuple[int, float]:
    known = format_of_suffix(task.item.suffix)
    per_byte = known.tokens_per_byte if known and known.tokens_per_byte else UNKNOWN_TOKENS_PER_BYTE
    tokens = round(min(task.item.bytes * per_byte, LONGEST_CONTEXT))
    return tokens, READER_START_S + TASK_S + estimate(depth, tokens).seconds


def _configs_of_model(folder: Path) -> tuple[HybridConfig, HybridConfig]:
    """The model's configuration, and that of the layers that documents are read through."""
    config = HybridConfig.from_folder(folder)
    last = load_calibration(folder).get("evidence_layer", config.num_hidden_layers - 1)
    return config, config.first_layers(min(last + 1, config.num_hidden_layers))


def _memory_bytes(config: HybridConfig, depth: HybridConfig, folder: Path, tokens: int) -> int:
    from docqa.model.heads.reader_cost import cost_of_reader
    from docqa.model.load import default_dtype

    on_disk = layer_bytes_on_disk(folder, config, depth)
    item = int(default_dtype().itemsize)
    reader = cost_of_reader(folder)
    return estimate(depth, tokens, item=item, weights_on_disk=on_disk, reader=reader).memory_bytes
