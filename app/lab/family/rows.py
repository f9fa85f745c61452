"""What the sparse models of the family would cost here, from a few of their layers with random weights.

    python -m docqa.app.lab.family.rows [--folder F] [--processor]

A period of Qwen3-Next-80B-A3B in its true shapes, int4, is written into a folder (4.4 GB) and read in a process of its
own, once with a quarter of its experts in memory and a limit on that memory, once with all of them. Its 48 layers are
12 such periods, with one embedding and one head. So is a period of Qwen3.5-35B-A3B (2.8 GB), with all of its experts,
which fit into 32 GB.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean

from docqa.app.bench import machine
from docqa.app.bench.rows import Measurement, table
from docqa.app.lab.family.capped import Measured, Order, Timed
from docqa.app.lab.family.random_weights import write_random
from docqa.model.config import HybridConfig
from docqa.model.cost.plan import PACKED_ITEM, estimate, parameters, sparse_layers

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
ADDRESS_SLACK = 384 * 2**20  # what is set aside and never touched, which the limit counts: stacks, arenas of malloc
NAMES = ("next80b_prefill", "next80b_decode", "next80b_memory")
NAMES_35B = ("next35b_prefill", "next35b_decode", "next35b_memory")
DISK_NEEDED = 8 * 10**9


def rows(folder: Path | None = None, *, processor: bool = False) -> Iterator[Measurement]:
    """The rows of both models; one row that says why where there is no room for the folder.

    Args:
        folder: keeps the written period for the next time; a temporary one by default.
        processor: one thread and its own seconds, for a machine that is busy.
    """
    if folder is not None:
        yield from _rows(folder, processor)
        return
    with tempfile.TemporaryDirectory(prefix="docqa-family-") as temporary:
        if shutil.disk_usage(temporary).free < DISK_NEEDED:
            why = f"not measured: {DISK_NEEDED:,} bytes are needed in {tempfile.gettempdir()}"
            yield Measurement(NAMES[0], None, "tokens/s", None, None, why)
            return
        yield from _rows(Path(temporary), processor)


def _rows(folder: Path, processor: bool) -> Iterator[Measurement]:
    config = HybridConfig.from_dict(NEXT_80B)
    of_period = written(folder, NEXT_80B)
    pooled, whole = orders(folder, of_period, prompt=FROM_DISK, decoded=DECODED)
    pooled, whole = replace(pooled, processor=processor), replace(whole, processor=processor)
    yield from size_rows(config, pooled, measured(pooled), measured(whole))
    small = folder / "35b"
    written(small, NEXT_35B)
    every = Order(str(small), PROMPT, DECODED, processor=processor)
    yield from all_there(HybridConfig.from_dict(NEXT_35B), every, measured(every))


def written(folder: Path, raw: Mapping[str, object]) -> HybridConfig:
    """The first period of a model with random weights in `folder`, written where they are not there yet."""
    if not (folder / "config.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_random(folder, {**raw, "num_hidden_layers": PERIOD})
    return HybridConfig.from_dict(dict(raw)).first_layers(PERIOD)


def all_there(config: HybridConfig, order: Order, run: Measured) -> Iterator[Measurement]:
    """tokens/s and memory of all layers of `config`, from a run with all experts in memory."""
    how = f"{PERIOD} layers of {config.num_hidden_layers}, int4, random weights, all experts in memory"
    for name, calls in zip(NAMES_35B, (run.blocks, run.steps), strict=False):
        layers = Layers.of(calls)
        yield Measurement(name, layers.speed(config), "tokens/s", None, None, f"{how}; {layers.describe()}")
    tokens = order.prompt + order.decoded
    planned = planned_bytes(config, tokens, None) / 2**30
    method = f"planned for {config.num_hidden_layers} layers at {tokens:,} tokens, all experts in memory"
    yield Measurement(NAMES_35B[2], planned, "GiB", None, None, method)


def planned_bytes(config: HybridConfig, tokens: int, pool: int | None) -> int:
    """Memory of all layers in 4 bits, with `pool` bytes of experts, all where None."""
    counts = parameters(config)
    on_disk = round((counts["total"] - counts["embedding"]) * PACKED_ITEM + counts["embedding"] * (1 + 4 / 64))
    return estimate(config, tokens, item=4, weights_on_disk=on_disk, packed=True, expert_bytes=pool).memory_bytes


def orders(folder: Path, config: HybridConfig, *, prompt: int, decoded: int) -> tuple[Order, Order]:
    """The run with a quarter of the experts in memory, under the limit that `plan` says is enough; that with all."""
    on_disk = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    pool = expert_bytes(config) // POOLED
    planned = estimate(
        config, prompt + decoded, item=4, weights_on_disk=on_disk, packed=True, expert_bytes=pool
    ).memory_bytes
    whole = Order(str(folder), prompt, decoded)
    return replace(whole, expert_bytes=pool, cap_bytes=planned + ADDRESS_SLACK, cold=True), whole


def expert_bytes(config: HybridConfig) -> int:
    """Of all experts in 4 bits."""
    return round(parameters(config)["experts"] * PACKED_ITEM)


def measured(order: Order) -> Measured:
    """What a process of its own measured. Raises RuntimeError with its last words where it failed."""
    command = [sys.executable, "-m", "docqa.app.lab.family.capped", json.dumps(asdict(order))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"a run of {order} ended with {done.returncode}: {done.stderr[-800:]}")
    return Measured.of_json(done.stdout.splitlines()[-1])


def size_rows(config: HybridConfig, order: Order, few: Measured, every: Measured) -> Iterator[Measurement]:
    """tokens/s and memory of all layers of `config`, from the runs with a part of the experts and with all."""
    how = (
        f"{PERIOD} layers of {config.num_hidden_layers}, int4, random weights, experts chosen evenly, a quarter of "
        f"them in memory; the peer has all there"
    )
    for name, our_calls, their_calls in ((NAMES[0], few.blocks, every.blocks), (NAMES[1], few.steps, every.steps)):
        ours, theirs = Layers.of(our_calls), Layers.of(their_calls)
        method = (
            f"{how}; {ours.describe()}; the peer {theirs.describe()}; {_disk(config, ours, processor=order.processor)}"
        )
        yield Measurement(name, ours.speed(config), "tokens/s", "next80b_all_experts", theirs.speed(config), method)
    yield memory_row(config, order, few)


def _disk(config: HybridConfig, layers: Layers, *, processor: bool) -> str:
    """What all layers read from disk for a token, and whether its time is in the seconds."""
    each = expert_bytes(config) / config.num_experts / sparse_layers(config)
    read = each * layers.read * config.num_hidden_layers / PERIOD / layers.tokens
    if processor:
        return f"processor seconds of one thread: the {read / 1e6:,.1f} MB a token from disk are not in them"
    return f"{read / 1e6:,.1f} MB a token from disk are in it, none of them cached by the system"


def memory_row(config: HybridConfig, order: Order, few: Measured) -> Measurement:
    """Memory of all layers by the plan, and what the layers that ran took."""
    tokens = order.prompt + order.decoded
    pools = expert_bytes(config) // POOLED, None
    part, whole = (planned_bytes(config, tokens, pool) / 2**30 for pool in pools)
    method = (
        f"planned for {config.num_hidden_layers} layers at {tokens:,} tokens, a quarter of the experts in memory; "
        f"{PERIOD} layers took {few.private_bytes / 2**30:.3g} GiB of private memory at most, "
        f"{few.data_bytes / 2**30:.3g} with mapped matrices and what is set aside, under a limit (RLIMIT_DATA) of "
        f"{(order.cap_bytes or 0) / 2**30:.3g}"
    )
    return Measurement(NAMES[2], part, "GiB", "next80b_all_experts", whole, method)


class Layers:
    """Seconds of a token: in all layers that ran, in each kind where they ran one by one, in embedding and head."""

    def __init__(self, call: Timed) -> None:
        self.tokens, self.seconds, self.head = call.tokens, call.in_layers / call.tokens, call.head
        attention = call.layers[PERIOD - 1 :: PERIOD]
        delta = [seconds for number, seconds in enumerate(call.layers, 1) if number % PERIOD]
        self.kinds = [mean(some) / call.tokens for some in (delta, attention, call.mlps) if some]
        self.read, self.asked = call.read, call.read + call.reused

    @classmethod
    def of(cls, calls: list[Timed]) -> Layers:
        """The last block, or the mean of the tokens after the first two, which find an empty pool."""
        if calls[-1].tokens > 1:
            return cls(calls[-1])
        return cls(averaged(calls[2:] or calls))

    def speed(self, config: HybridConfig) -> float:
        """tokens/s of all layers and the head; in a block, the head counts once."""
        return 1 / (config.num_hidden_layers / PERIOD * self.seconds + self.head / self.tokens)

    def describe(self) -> str:
        """For a method."""
        if self.kinds:
            delta, attention, mlp = (seconds * 1e3 for seconds in self.kinds)
            each = f"{delta:.3g} ms in a delta layer, {attention:.3g} in an attention layer, {mlp:.3g} of it in experts"
        else:
            each = f"{self.seconds / PERIOD * 1e3:.3g} ms in a layer, all in one call"
        return (
            f"a token takes {each}, {self.head * 1e3:.3g} in the head "
            f"({self.tokens:,} tokens at once, {self.read:,.0f} of {self.asked:,.0f} experts read)"
        )


def averaged(calls: list[Timed]) -> Timed:
    """Several calls of as many tokens as one, each figure the mean."""
    layers, mlps = ([mean(x) for x in zip(*each, strict=True)] for each in zip(*((c.layers, c.mlps) for c in calls)))
    head, read, reused, together = (mean(x) for x in zip(*((c.head, c.read, c.reused, c.together) for c in calls)))
    return Timed(calls[0].tokens, layers, mlps, head, read, reused, together)


def main(arguments: list[str]) -> None:
    """Print the rows as `docqa bench` does."""
    parser = argparse.ArgumentParser(prog="python -m docqa.app.lab.family.rows", description=__doc__)
    parser.add_argument("--folder", type=Path, help="keep the layers here, 7.2 GB")
    parser.add_argument("--processor", action="store_true", help="one thread, its own seconds: for a busy machine")
    options = parser.parse_args(arguments)
    described, found = machine.describe(), []
    for row in rows(options.folder, processor=options.processor):
        found.append(row)
        print(json.dumps(row.fields()), file=sys.stderr, flush=True)
    print("\n".join(table(found)))
    print(json.dumps({"machine": described, "rows": [row.fields() for row in found]}))


if __name__ == "__main__":
    main(sys.argv[1:])
