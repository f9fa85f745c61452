"""What the sparse models of the family would cost here, from a few of their layers with random weights.

    python -m docqa.app.lab.family.rows [--folder F] [--processor]

A period of Qwen3-Next-80B-A3B in its true shapes, int4, is written into a folder (4.4 GB) and read, once with a quarter
of its experts in memory and the others on disk, once with all of them. Its 48 layers are 12 such periods, with one
embedding and one head. So is a period of Qwen3.5-35B-A3B (2.8 GB), with all of its experts, which fit into 32 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import TypeVar

import torch

from docqa.app.bench import machine
from docqa.app.bench.rows import Measurement, fastest, table
from docqa.app.lab.family.random_weights import write_random
from docqa.model.config import HybridConfig
from docqa.model.cost.plan import PACKED_ITEM, estimate, parameters, yarn_factor_for
from docqa.model.decode.beams import Branches
from docqa.model.load import load_model

T = TypeVar("T")

NEXT_80B: dict[str, object] = {
    "model_type": "qwen3_next", "vocab_size": 151936, "hidden_size": 2048, "num_hidden_layers": 48,
    "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "linear_num_key_heads": 16,
    "linear_num_value_heads": 32, "linear_key_head_dim": 128, "linear_value_head_dim": 128,
    "full_attention_interval": 4, "intermediate_size": 5120, "num_experts": 512, "num_experts_per_tok": 10,
    "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512, "norm_topk_prob": True,
    "decoder_sparse_step": 1, "mlp_only_layers": [], "rope_theta": 10000000, "partial_rotary_factor": 0.25,
    "max_position_embeddings": 262144, "tie_word_embeddings": False,
}  # fmt: skip
NEXT_35B = {**NEXT_80B, "vocab_size": 248_320, "num_hidden_layers": 40, "num_experts": 256, "num_experts_per_tok": 8}
PERIOD = 4
PROMPT, DECODED = 4_096, 16
FROM_DISK = 8_192  # tokens read where experts are on disk: as many blocks as a layer takes at once
POOLED = 4  # one expert of so many is in memory
HEAD_ROUNDS = 5
EVERY_EXPERT = 1 << 50  # bytes of a pool for all experts of any model


@dataclass(frozen=True)
class Order:
    """What to run on the checkpoint in `folder`: `prompt` random tokens read, `decoded` written greedily.

    `expert_bytes` of the pool, all experts where None: with fewer, the files are dropped from the system's cache before
    every call, so that what is not in the pool comes from disk. `processor`: one thread, and its own seconds instead of
    those of the clock, for a machine that is busy; waits for the disk are not in them.
    """

    folder: Path
    prompt: int
    decoded: int
    expert_bytes: int | None = None
    processor: bool = False


@dataclass(frozen=True)
class Speeds:
    """Seconds a token in the layers that ran, when they read and when they write, and seconds of the head."""

    read: float
    write: float
    head: float

    def of(self, config: HybridConfig, prompt: int) -> tuple[float, float]:
        """tokens/s of all layers of `config`, reading `prompt` tokens (the head works once) and writing."""
        periods = config.num_hidden_layers / PERIOD
        return 1 / (periods * self.read + self.head / prompt), 1 / (periods * self.write + self.head)

    def __str__(self) -> str:
        read, write, head = (f"{seconds * 1e3:.3g}" for seconds in (self.read, self.write, self.head))
        return f"a token takes {read} ms to read and {write} to write in {PERIOD} layers, {head} in the head"


def rows(folder: Path | None = None, *, processor: bool = False) -> Iterator[Measurement]:
    """The rows of both models, whose periods are kept in `folder` for the next time where it is given."""
    with nullcontext(folder) if folder else tempfile.TemporaryDirectory(prefix="docqa-family-") as made:
        large, small = Path(made), Path(made) / "35b"
        pool = expert_bytes(written(large, NEXT_80B)) // POOLED
        few = measured(Order(large, FROM_DISK, DECODED, pool, processor))
        every = measured(Order(large, FROM_DISK, DECODED, None, processor))
        yield from size_rows("next80b", HybridConfig.from_dict(NEXT_80B), FROM_DISK, every, few)
        written(small, NEXT_35B)
        every = measured(Order(small, PROMPT, DECODED, None, processor))
        yield from size_rows("next35b", HybridConfig.from_dict(NEXT_35B), PROMPT, every)


def written(folder: Path, raw: Mapping[str, object]) -> HybridConfig:
    """The first period of a model with random weights in `folder`, written where they are not there yet."""
    if not (folder / "config.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_random(folder, {**raw, "num_hidden_layers": PERIOD})
    return HybridConfig.from_dict(dict(raw)).first_layers(PERIOD)


def size_rows(
    name: str, config: HybridConfig, prompt: int, every: Speeds, few: Speeds | None = None
) -> Iterator[Measurement]:
    """tokens/s and memory of all layers of `config`: with all experts in memory, or with a part beside that."""
    how = f"{PERIOD} layers of {config.num_hidden_layers}, int4, random weights, experts chosen evenly"
    how += ", a quarter of them in memory; the peer has all there" if few else ", all in memory"
    pools = (expert_bytes(config) // POOLED, None) if few else (None,)
    memory = [planned_bytes(config, prompt + DECODED, pool) / 2**30 for pool in pools]
    peer = f"{name}_all_experts" if few else None
    ours, theirs = (few or every).of(config, prompt), every.of(config, prompt) if few else (None, None)
    for action, value, other in zip(("prefill", "decode"), ours, theirs, strict=True):
        yield Measurement(f"{name}_{action}", value, "tokens/s", peer, other, f"{how}; {few or every}")
    planned = f"planned for {config.num_hidden_layers} layers at {prompt + DECODED:,} tokens"
    yield Measurement(f"{name}_memory", memory[0], "GiB", peer, memory[1] if few else None, planned)


def planned_bytes(config: HybridConfig, tokens: int, pool: int | None) -> int:
    """Memory of all layers in 4 bits, with `pool` bytes of experts, all where None."""
    counts = parameters(config)
    on_disk = round((counts["total"] - counts["embedding"]) * PACKED_ITEM + counts["embedding"] * (1 + 4 / 64))
    return estimate(config, tokens, item=4, weights_on_disk=on_disk, packed=True, expert_bytes=pool).memory_bytes


def expert_bytes(config: HybridConfig) -> int:
    """Of all experts in 4 bits."""
    return round(parameters(config)["experts"] * PACKED_ITEM)


def measured(order: Order) -> Speeds:
    """Read the prompt in blocks and write tokens; of reading the last block counts, of writing all but two tokens."""
    clock = time.thread_time if order.processor else time.perf_counter

    def timed(action: Callable[[], T]) -> tuple[T, float]:
        if order.expert_bytes is not None:
            _drop(order.folder)
        started = clock()
        return action(), clock() - started

    threads = 1 if order.processor else None
    model = load_model(str(order.folder), expert_bytes=order.expert_bytes or EVERY_EXPERT, threads=threads)
    ids = torch.randint(0, model.tokenizer.vocab_size, (order.prompt,), generator=torch.Generator().manual_seed(1))
    state = model.new_state(yarn_factor_for(model.config, order.prompt + order.decoded))
    while state.position < order.prompt:
        piece = ids[state.position : state.position + model.blocks_at_once * state.grid]
        hidden, seconds = timed(partial(model.prefill, piece, state))
    head = fastest(lambda: model.logits(hidden), HEAD_ROUNDS, clock)
    branches, token, steps = Branches(model, state), int(model.logits(hidden).argmax()), list[float]()
    for _ in range(order.decoded):
        logits, step = timed(partial(branches.logits, [token]))
        token = int(logits[0].argmax())
        steps.append(step - head)
    return Speeds(seconds / len(piece), mean(steps[2:] or steps), head)  # the first two find an empty pool


def _drop(folder: Path) -> None:
    """Let the system forget what it caches of the weights, but for what is mapped."""
    for path in folder.glob("*.safetensors"):
        file = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(file)


def main(arguments: list[str]) -> None:
    """Print the rows as `docqa bench` does."""
    parser = argparse.ArgumentParser(prog="python -m docqa.app.lab.family.rows", description=__doc__)
    parser.add_argument("--folder", type=Path, help="keep the layers here, 7.2 GB")
    parser.add_argument("--processor", action="store_true", help="one thread, its own seconds: for a busy machine")
    options = parser.parse_args(arguments)
    found = list(rows(options.folder, processor=options.processor))
    print("\n".join(table(found)))
    print(json.dumps({"machine": machine.describe(), "rows": [row.fields() for row in found]}))


if __name__ == "__main__":
    main(sys.argv[1:])
