"""How much attention past the exact range loses in a document: the chosen key blocks beside all keys.

    python -m docqa.app.lab.attention_recall FILE [--model MODEL] [--tokens N] [--exact N]

The document is read twice through all layers, once choosing blocks past `--exact` tokens and once not. The last line
of standard output is JSON: for each attention layer the share of its weights that fell on what it read (1 loses
nothing), and what became of the hidden states and of the prediction of the text.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional

from docqa.app.lab.evaluate import mean
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.ingest.errors import IngestError
from docqa.model.cost.plan import yarn_factor_for
from docqa.model.load import Model
from docqa.model.state.kv_cache import AttentionMemory
from docqa.model.state.long_attention import GRID, LongAttention

TOKENS = 49_152


@dataclass
class Outputs:
    """Past the exact range: `hidden` [tokens, dim] after the last norm, and by layer the shares `kept`."""

    hidden: Tensor
    kept: dict[int, list[float]]

    def loss(self, model: Model, after: Tensor) -> float:
        """Mean cross entropy (nats) of `after` [tokens], each predicted from the token before it."""
        parts = zip(self.hidden[:-1].split(512), after.split(512), strict=True)
        sums = [float(functional.cross_entropy(model.logits(h), t, reduction="sum")) for h, t in parts]
        return round(sum(sums) / len(after), 4)


def kept_share(q: Tensor, memory: AttentionMemory) -> Tensor:
    """Share of its softmax weights that the last query puts on what its tile reads, [heads].

    q [1, seq, heads, dim] are queries whose keys `memory` has already, as `AttentionMemory.on_query` gets them.
    """
    stop = memory.length
    at = max((stop - 1) // memory.tile * memory.tile, stop - q.shape[1])
    rows = q[0, at - stop :]
    keys, _ = memory.between(0, stop, q.dtype)
    group = q.shape[2] // keys.shape[1]
    scores = (rows[-1].unflatten(0, (-1, group)) * q.shape[-1] ** -0.5) @ keys.permute(1, 2, 0)
    weights = scores.float().softmax(-1)  # [kv_heads, group, positions]
    return (weights * memory.reads(rows, at)[:, None]).sum(-1).flatten()


def read(model: Model, ids: Tensor, long: LongAttention, exact: int, grid: int) -> Outputs:
    """Read `ids` [seq] in blocks of `grid` through all layers; shares are taken once a block, past `exact` tokens."""
    state = model.new_state(yarn_factor_for(model.config, len(ids)), long=long, grid=grid)
    states: list[Tensor] = []
    kept: dict[int, list[float]] = {}

    def on_query(number: int, q: Tensor, memory: AttentionMemory) -> None:
        if memory.length > long.exact:
            kept.setdefault(number, []).extend(kept_share(q, memory).tolist())

    for number, layer in enumerate(state.layers):
        if isinstance(layer, AttentionMemory):
            layer.on_query = partial(on_query, number)

    done = 0

    def on_output(piece: Tensor, hidden: Tensor) -> None:
        nonlocal done
        done += len(piece)
        if done > exact:
            states.append(hidden)

    model.prefill(ids, state, on_output=on_output)
    return Outputs(torch.cat(states), kept)


def measure(model: Model, ids: Tensor, long: LongAttention, grid: int) -> dict[str, object]:
    """The outputs for ids [seq], read in blocks of `grid` as `long` says, beside those of exact attention throughout.

    Raises:
        ValueError: the text does not go past the exact range, or that is shorter than what is always read.
    """
    least = grid + long.local + 2 * long.block
    if long.exact < least:
        raise ValueError(f"an exact range of {long.exact:,} tokens chooses no blocks; give at least {least:,}")
    if len(ids) <= long.exact:
        raise ValueError(f"{len(ids):,} tokens are read exactly (up to {long.exact:,}); give a longer document")
    chosen = read(model, ids, long, long.exact, grid)
    whole = read(model, ids, replace(long, exact=len(ids)), long.exact, grid)
    after = ids[-len(whole.hidden) + 1 :]

    difference = (chosen.hidden - whole.hidden).norm(dim=-1) / whole.hidden.norm(dim=-1)
    return {
        "tokens": len(ids),
        "past_exact": len(whole.hidden),
        "kept_by_layer": {
            number: {"mean": mean(found), "least": round(min(found), 4)} for number, found in chosen.kept.items()
        },
        "hidden_difference": round(float(difference.mean()), 4),
        "loss": chosen.loss(model, after),
        "loss_exact": whole.loss(model, after),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="What attention past the exact range loses in a document.")
    parser.add_argument("file")
    parser.add_argument("--model", default=None)
    parser.add_argument("--tokens", type=int, default=TOKENS, help="of the document's beginning")
    parser.add_argument("--exact", type=int, default=LongAttention.exact, help="tokens read exactly")
    options = parser.parse_args(arguments)

    try:
        with open_session([options.file], Options(model=options.model, store=False)) as session:
            ids, model = torch.tensor(session.context.ids[: options.tokens]), cast("Model", session.local_reading.model)
    except IngestError as error:
        print(error, file=sys.stderr)
        return 3
    try:
        print(json.dumps(measure(model, ids, LongAttention(exact=options.exact), GRID)))
    except ValueError as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
