"""The row of decoding behind a million tokens, over a context of random keys and values."""

from __future__ import annotations

from functools import partial

from docqa.app.lab.bench.contexts import random_context
from docqa.app.lab.bench.rows import Row, fastest
from docqa.model.cost.machine import available_bytes
from docqa.model.cost.plan import state_bytes
from docqa.model.decode.beams import Branches
from docqa.model.load import Model

NEAR, MIDDLE, FAR = 8_192, 131_072, 1_046_528  # the last: whole blocks, and room behind them, under a million's limit
ROUNDS, STEPS = 4, 4


def decode_1m(model: Model, contexts: tuple[int, int, int] = (NEAR, MIDDLE, FAR)) -> Row:
    """Tokens a second behind a million tokens, beside 8K; one branch, steps of all contexts in turn."""
    near, middle, far = contexts
    sizes = [state_bytes(model.config, count) for count in contexts]
    needed = sum(size["fixed"] + size["kv"] for size in sizes) * 5 // 4
    if needed > available_bytes():
        why = (
            f"not measured: {needed / 2**30:.1f} GiB of memory are needed and {available_bytes() / 2**30:.1f} are free"
        )
        return Row("decode_1m", None, "tokens/s", "decode_8k", None, why)
    states = {count: random_context(model, count) for count in contexts}
    branches = {count: Branches(model, state) for count, state in states.items()}
    seconds = dict.fromkeys(contexts, float("inf"))
    for _ in range(ROUNDS):
        for count, branch in branches.items():
            seconds[count] = min(seconds[count], fastest(partial(branch.logits, [1]), STEPS))
    walker = states[far].fork()
    single = fastest(lambda: model.logits(model.prefill([1], walker)), STEPS)
    how = "one native call a token" if branches[far].native else "single operations"
    method = (
        f"one token behind {far:,} random keys of every attention layer, and {near:,} as its peer, {how}, best of "
        f"{ROUNDS * STEPS} in turn; behind {middle:,}: {1 / seconds[middle]:.3g} tokens/s; through single operations "
        f"behind {far:,}: {1 / single:.3g}"
    )
    return Row("decode_1m", 1 / seconds[far], "tokens/s", "decode_8k", 1 / seconds[near], method)
