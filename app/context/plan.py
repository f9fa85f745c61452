"""What reading a Context takes on this machine, estimated before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from docqa.model.config import HybridConfig
from docqa.model.cost.machine import total_memory_bytes
from docqa.model.cost.plan import estimate, parameters
from docqa.model.protocol import Model

PREVIEW_FROM_SECONDS = 30.0
"""From here on a preliminary answer comes first."""
QUESTION_TOKENS = 1_024
"""Room for a question after the documents when the YaRN factor is chosen."""


@dataclass(frozen=True)
class Plan:
    """What reading takes; sizes in bytes, `seconds` for the tokens that are not reused."""

    tokens: int
    seconds: float
    memory_bytes: int
    disk_bytes: int
    yarn_factor: float
    tokens_reused: int


def layer_bytes_on_disk(folder: Path, config: HybridConfig, layers: HybridConfig) -> int:
    """Bytes of the weight files in `folder` that belong to `layers`, the first ones of `config`."""
    from docqa.model.checkpoints.weights import weight_files

    on_disk = sum(path.stat().st_size for path in weight_files(folder))
    return on_disk * parameters(layers)["total"] // parameters(config)["total"]


def fits_context_and_memory(model: Model, tokens: int) -> bool:
    """Whether `tokens` fit the context that the model was trained for, and the memory."""
    if tokens > model.config.native_context:
        return False
    needed = estimate(model.config, tokens, item=model.item_bytes, packed=model.packed)
    return needed.memory_bytes <= total_memory_bytes()


def make_plan(model: Model, yarn_factor: float, sizes: Sequence[tuple[int, int]]) -> Plan:
    """Plan of the prefill of contexts, one after the other: `sizes` are their tokens and how many of
    these are cached. A long one is timed on a short trial first."""
    from docqa.model.heads.reader_cost import cost_of_reader

    config = model.config.first_layers(model.answer_layers)
    reader = cost_of_reader(model.folder)
    if (
        macs := getattr(vars(model).get("passage_encoder"), "macs", None)
    ) is not None:  # of another's, loaded already
        reader = replace(reader, weights_bytes=reader.weights_bytes + 4 * macs, passage_macs=macs)
    estimated = partial(
        estimate,
        config,
        item=model.item_bytes,
        weights_on_disk=layer_bytes_on_disk(model.folder, model.config, config),
        packed=model.packed,
        reader=reader,
    )
    expected = [estimated(tokens) for tokens, _ in sizes]
    left = [1 - reused / tokens if tokens else 0.0 for tokens, reused in sizes]
    if sum(each.seconds for each in expected) > PREVIEW_FROM_SECONDS / 3 and any(left):
        from docqa.model.cost.speed import measure_speed

        speed = measure_speed(model, config.num_hidden_layers)
        expected = [estimated(tokens, speed=speed) for tokens, _ in sizes]
    return Plan(
        sum(tokens for tokens, _ in sizes),
        sum(each.seconds * share for each, share in zip(expected, left)),
        max(each.memory_bytes for each in expected),
        sum(each.disk_bytes for each in expected),
        yarn_factor,
        sum(reused for _, reused in sizes),
    )
