"""A period of Qwen3-Next-80B-A3B (three delta nets, one attention layer) beside four layers of Qwen3-32B.

Both on docqa's kernels, random weights in 4 bits, experts in memory, attention exact. Nothing is read whole: what a
token costs behind a context is a block of tokens at the beginning, and what attention to that many keys takes more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor

from docqa.app.lab.bench.contexts import BLOCK, EXACT, empty_memory, random_states, repeated_memory
from docqa.app.lab.bench.family.random_weights import RandomSource
from docqa.app.lab.bench.rows import Row, fastest
from docqa.kernels.activation import silu_product
from docqa.kernels.attention import attention
from docqa.kernels.matmul import product
from docqa.kernels.norm import zero_centred_norm
from docqa.kernels.rope import frequencies, rotate, rotation_table
from docqa.model.decode.beams import SharedContext
from docqa.model.hybrid import Layer
from docqa.model.network import Network
from docqa.model.state.kv_cache import AttentionMemory

QUERIES = 256
CONTEXTS = {"32k": 32_768, "128k": 131_072}
PEER = "qwen3_32b"
LAYERS = 4


@dataclass(frozen=True)
class PeriodHeads:
    """Query heads, key heads, and their width."""

    queries: int
    keys: int
    dim: int


class DenseLayer:
    """A layer of Qwen3-32B: attention without a gate, all dims rotated, and a wide MLP. Called as `hybrid.Layer`."""

    hidden, inner, heads = 5_120, 25_600, PeriodHeads(64, 8, 128)

    def __init__(self, seed: int = 1) -> None:
        source, hidden, heads = RandomSource(seed), self.hidden, self.heads
        rows = {"q": heads.queries * heads.dim, "k": heads.keys * heads.dim, "v": heads.keys * heads.dim}
        self.inward = {name: source.packed(count, hidden) for name, count in rows.items()}
        self.gate, self.up = (source.packed(self.inner, hidden) for _ in range(2))
        self.out, self.down = source.packed(hidden, rows["q"]), source.packed(hidden, self.inner)
        self.norm, self.head_norm = torch.zeros(hidden), torch.zeros(heads.dim)

    def __call__(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: AttentionMemory) -> Tensor:
        """x [1, seq, hidden] in and out."""
        inner = zero_centred_norm(x, self.norm, 1e-6)
        q, k, v = (product(inner, m).unflatten(-1, (-1, self.heads.dim)) for m in self.inward.values())
        q, k = (rotate(zero_centred_norm(part, self.head_norm, 1e-6), *rotation) for part in (q, k))
        x = x + product(cache.attend(q, k, v, rounded=True).flatten(2), self.out)
        inner = zero_centred_norm(x, self.norm, 1e-6)
        return x + product(silu_product(product(inner, self.gate), product(inner, self.up)), self.down)


@dataclass
class Cost:
    """Seconds of a token through four layers: without far keys, and what each context adds, by its tokens."""

    near_prefill: float
    near_decode: float
    far_prefill: dict[int, float] = field(default_factory=dict)
    far_decode: dict[int, float] = field(default_factory=dict)


def rows(
    network: Network, contexts: dict[str, int] = CONTEXTS, clock: Callable[[], float] = time.perf_counter
) -> Iterator[Row]:
    """period_prefill_32k and so on; `network` is one period with its experts in memory, float32."""
    with torch.inference_mode():
        ours = _of_period(network, contexts, clock)
        theirs = _of_dense(contexts, clock)
    for name, context in contexts.items():
        yield prefill_row(name, context, ours, theirs)
        yield decode_row(name, context, ours, theirs)


def prefill_row(name: str, context: int, ours: Cost, theirs: Cost) -> Row:
    """A token read behind `context` tokens."""
    mine, peer = (cost.near_prefill + cost.far_prefill[context] for cost in (ours, theirs))
    whole = [cost.near_prefill + cost.far_prefill[context] / 2 for cost in (ours, theirs)]
    method = (
        f"tokens/s of the last ones of {context:,} through a period, beside 4 layers of Qwen3-32B: a block of "
        f"{BLOCK:,} at the beginning takes {ours.near_prefill * 1e3:.3g} ms a token, the peer "
        f"{theirs.near_prefill * 1e3:.3g}; "
        f"{QUERIES} queries over {context:,} random keys {ours.far_prefill[context] * 1e3:.3g} ms a token, the peer "
        f"{theirs.far_prefill[context] * 1e3:.3g}; exact attention, int4, experts in memory; over a whole read of so "
        f"many, where attention is half of that, {whole[1] / whole[0]:.2f} x"
    )
    return Row(f"period_prefill_{name}", 1 / mine, "tokens/s", PEER, 1 / peer, method)


def decode_row(name: str, context: int, ours: Cost, theirs: Cost) -> Row:
    """A token written behind `context` tokens."""
    mine, peer = (cost.near_decode + cost.far_decode[context] for cost in (ours, theirs))
    method = (
        f"tokens/s of one at a time behind {context:,} through a period, beside 4 layers of Qwen3-32B: layers without "
        f"keys {ours.near_decode * 1e3:.3g} ms, the peer {theirs.near_decode * 1e3:.3g}; attention over random float32 "
        f"keys {ours.far_decode[context] * 1e3:.3g} ms, the peer {theirs.far_decode[context] * 1e3:.3g}; int4, experts "
        f"in memory"
    )
    return Row(f"period_decode_{name}", 1 / mine, "tokens/s", PEER, 1 / peer, method)


def _of_period(network: Network, contexts: dict[str, int], clock: Callable[[], float]) -> Cost:
    config = network.config
    layers = [cast("Layer", layer) for layer in network.layers]
    heads = PeriodHeads(config.num_attention_heads, config.num_key_value_heads, config.head_dim)
    attentions = config.layer_types.count("full_attention") * LAYERS / config.num_hidden_layers

    def once(count: int) -> float:
        x, rotation = random_states(1, count, config.hidden_size), network.rotation(torch.arange(count))
        each = [fastest(lambda layer=layer: layer(x, rotation, empty_memory(layer)), 2, clock) for layer in layers]  # type: ignore[misc]
        return sum(each) * LAYERS / len(layers)

    return _with_contexts(Cost(once(BLOCK) / BLOCK, once(1)), heads, attentions, contexts, clock)


def _of_dense(contexts: dict[str, int], clock: Callable[[], float]) -> Cost:
    layer = DenseLayer()
    found, scale = frequencies(layer.heads.dim, 1e6)

    def once(count: int) -> float:
        x = random_states(1, count, layer.hidden)
        rotation = rotation_table(torch.arange(count), found, scale, torch.float32)
        return fastest(lambda: layer(x, rotation, AttentionMemory(BLOCK, EXACT)), 2, clock)

    cost = Cost(LAYERS * once(BLOCK) / BLOCK, LAYERS * once(1))
    return _with_contexts(cost, layer.heads, LAYERS, contexts, clock)


def _with_contexts(
    cost: Cost, heads: PeriodHeads, layers: float, contexts: dict[str, int], clock: Callable[[], float]
) -> Cost:
    """What attention over each context takes more than over one block, in `layers` layers."""
    near = _attention_seconds(heads, BLOCK, clock)
    for context in contexts.values():
        far = _attention_seconds(heads, context, clock)
        cost.far_prefill[context] = layers * max(far - near, 0.0)
        cost.far_decode[context] = layers * _step_seconds(heads, context, clock)
    return cost


def _attention_seconds(heads: PeriodHeads, context: int, clock: Callable[[], float]) -> float:
    """A token's share of `QUERIES` queries over `context` keys, and of unpacking those for a block."""
    memory = repeated_memory(heads.keys, heads.dim, context, EXACT)
    unpacking = fastest(lambda: memory.between(0, context, torch.float32), 1, clock)
    keys, values = memory.between(0, context, torch.float32)
    q = random_states(1, QUERIES, heads.queries, heads.dim)
    return fastest(lambda: attention(q, keys[None], values[None], rounded=True), 1, clock) / QUERIES + unpacking / BLOCK


def _step_seconds(heads: PeriodHeads, context: int, clock: Callable[[], float]) -> float:
    """One query over `context` keys, as a branch reads them."""
    shared = SharedContext(repeated_memory(heads.keys, heads.dim, context, EXACT), torch.float32)
    q, k = random_states(1, 1, heads.queries, heads.dim), random_states(1, 1, heads.keys, heads.dim)
    return fastest(lambda: shared.attend(q, k, k), 5, clock)
