"""Decoding behind long contexts that nobody has read: their keys and values are random, which costs a step the same."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from docqa.app.lab.bench.rows import Row
from docqa.app.lab.bench.timing import fastest

if TYPE_CHECKING:
    from docqa.model.load import Model
    from docqa.model.state.kv_cache import AttentionMemory, LongAttention
    from docqa.model.state.state import State

NEAR, MIDDLE, FAR = 8_192, 131_072, 1_046_528  # the last: whole blocks, and room behind them, under a million's limit
ROUNDS, STEPS, POOL = 4, 4, 4


def decode_1m(model: Model, contexts: tuple[int, int, int] = (NEAR, MIDDLE, FAR)) -> Row:
    """Tokens a second behind a million tokens, beside 8K; one branch, steps of all contexts in turn."""
    from docqa.model.cost.machine import available_bytes
    from docqa.model.cost.plan import state_bytes
    from docqa.model.decode.beams import Branches

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


def random_context(model: Model, count: int) -> State:
    """A state of all layers that stands behind `count` tokens, whole blocks; delta memories are those of a few."""
    from docqa.model.cost.plan import yarn_factor_for
    from docqa.model.state.kv_cache import AttentionMemory

    state = model.new_state(yarn_factor_for(model.config, min(count + 1_024, 1 << 20)))
    model.prefill(list(range(1, 65)), state)
    layers: Any = state.layers
    state.layers = tuple(
        random_memory(model, count, state.long, seed) if isinstance(layer, AttentionMemory) else layer
        for seed, layer in enumerate(layers)
    )
    state.position = count
    return state


def random_memory(model: Model, count: int, long: LongAttention, seed: int = 1) -> AttentionMemory:
    """What an attention layer remembers of `count` tokens, whole blocks.

    Blocks are copies of a few, each with keys longer or shorter by a factor, so that they lie in memory as a real
    context does, and no two have the same bounds.
    """
    import torch

    from docqa.kernels.attention import KVBlock
    from docqa.model.state.kv_cache import AttentionMemory, seal
    from docqa.model.state.state import GRID

    source = torch.Generator().manual_seed(seed)
    shape = GRID, model.config.num_key_value_heads, model.config.head_dim
    some = range(min(POOL, count // GRID))
    pool = [
        seal(torch.randn(*shape, generator=source), torch.randn(*shape, generator=source), long.block) for _ in some
    ]

    def copy(block: KVBlock, factor: float) -> KVBlock:
        assert block.k_scale is not None and block.v_scale is not None and block.bounds is not None
        k, v, v_scale = block.k.clone(), block.v.clone(), block.v_scale.clone()
        return KVBlock(k, v, block.k_scale * factor, v_scale, block.bounds * factor)

    memory = AttentionMemory(GRID, long)
    factors = (0.7 + 0.6 * torch.rand(count // GRID, generator=source)).tolist()
    memory.sealed = tuple(copy(pool[number % len(pool)], factor) for number, factor in enumerate(factors))
    return memory
