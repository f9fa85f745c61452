"""Reads at the lengths that docqa promises: `python -m docqa.app.lab.bench.family.long_reads [--folder F] [--row R]`.

A million random tokens through all layers of the bundled trunk; and 32,768 through two periods (eight layers) of
Qwen3.5-35B-A3B's shapes with random weights, int4, all experts in memory, from which a read by all 40 layers follows.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from docqa.app.lab.bench import machine
from docqa.app.lab.bench.family.capped import Measured, Order
from docqa.app.lab.bench.family.rows import NEXT_35B, PERIOD, Layers, joined, measured, planned_bytes, written
from docqa.app.lab.bench.rows import Row, table
from docqa.model.checkpoints.weights import weight_files
from docqa.model.config import HybridConfig
from docqa.model.cost.plan import estimate
from docqa.model.folder import BUNDLED

MILLION, DECODED = 1_000_000, 4
PERIODS, LONG = 2, 32_768


def rows(folder: Path, names: list[str]) -> Iterator[Row]:
    """Those of `names`, all where there are none; `folder` keeps the layers of random weights."""
    for name, of_row in (("read_1m", read_1m), ("next35b_read_32k", read_32k)):
        if not names or name in names:
            yield of_row(folder)


def read_1m(_: Path, tokens: int = MILLION) -> Row:
    """tokens/s of a whole read by all layers of the bundled trunk, and its memory beside the plan."""
    run = measured(Order(None, tokens, DECODED))
    seconds, text = _seconds(run), _by_position(run)
    config = HybridConfig.from_folder(BUNDLED)
    on_disk = sum(path.stat().st_size for path in weight_files(BUNDLED))
    plan = estimate(config, tokens + DECODED, item=4, weights_on_disk=on_disk, packed=True)
    step = sum(call.in_layers + call.head for call in run.steps) / len(run.steps)
    method = (
        f"{tokens:,} random tokens through all {config.num_hidden_layers} layers in {seconds / 60:.3g} minutes, "
        f"{text}; "
        f"then {step * 1e3:.3g} ms a token; planned {plan.memory_bytes / 2**30:.3g} GiB, at most "
        f"{run.peak_bytes / 2**30:.3g} in memory, {run.private_bytes / 2**30:.3g} of it private"
    )
    return Row("read_1m", tokens / seconds, "tokens/s", None, None, method)


def read_32k(folder: Path, tokens: int = LONG) -> Row:
    """tokens/s of a read by all layers of 35B-A3B, from two periods."""
    whole = HybridConfig.from_dict(NEXT_35B)
    part = written(folder / "35b-8", NEXT_35B, layers=PERIODS * PERIOD)
    run = measured(Order(str(folder / "35b-8"), tokens, DECODED))
    layers = Layers(joined(run.blocks, sum), PERIODS * PERIOD)
    planned, of_all = (planned_bytes(config, tokens + DECODED, None) / 2**30 for config in (part, whole))
    minutes = tokens / layers.speed(whole) / 60
    method = (
        f"{tokens:,} random tokens through {len(run.blocks[0].layers)} layers of {whole.num_hidden_layers}, int4, "
        f"random weights, all experts in memory; {layers.describe()}; all layers would take {minutes:.3g} minutes; "
        f"planned {planned:.3g} GiB for these layers, at most {run.peak_bytes / 2**30:.3g} in memory; "
        f"{of_all:.3g} GiB for all"
    )
    return Row("next35b_read_32k", layers.speed(whole), "tokens/s", None, None, method)


def _seconds(run: Measured) -> float:
    return sum(block.in_layers + block.head for block in run.blocks)


def _by_position(run: Measured) -> str:
    """How fast the first and the last blocks are read."""
    first, last = (block.tokens / (block.in_layers + block.head) for block in (run.blocks[1], run.blocks[-2]))
    return f"{first:,.0f} tokens/s at the beginning, {last:,.0f} at the end"


def main(arguments: list[str]) -> None:
    """Print the rows as `docqa bench` does."""
    parser = argparse.ArgumentParser(prog="python -m docqa.app.lab.bench.family.long_reads", description=__doc__)
    parser.add_argument("--folder", type=Path, help="keep the layers of random weights here, 5.6 GB")
    parser.add_argument("--row", action="append", default=[], help="only this row; may be given again")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="docqa-family-") as temporary:
        found = list(rows(options.folder or Path(temporary), options.row))
    print("\n".join(table(found)))
    print(json.dumps({"machine": machine.describe(), "rows": [row.fields() for row in found]}))


if __name__ == "__main__":
    main(sys.argv[1:])
