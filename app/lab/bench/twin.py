"""The hybrid beside its all-attention twin: a network of the same sizes in which every layer is the attention layer.

Neither is run whole. One delta layer and one attention layer of the model are timed on random input at the far end of
the context, where the last two blocks of queries stand, and what a whole read costs follows from how each part grows: a
delta layer and sparse attention cost the same for every block, exact attention grows evenly from the first block to the
last. The time of a layer does not depend on its weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docqa.app.lab.bench.far_decode import random_memory
from docqa.app.lab.bench.rows import Row
from docqa.app.lab.bench.timing import fastest

if TYPE_CHECKING:
    from docqa.model.hybrid import Layer
    from docqa.model.load import Model
    from docqa.model.state.kv_cache import AttentionMemory, LongAttention

CONTEXT, TRAINED, BLOCK = 262_144, 32_768, 2_048
EVER = 1 << 40


@dataclass(frozen=True)
class Pair:
    """The two kinds of layers of a model, and how many of each it has."""

    delta: Layer
    attention: Layer
    deltas: int
    attentions: int

    @classmethod
    def of(cls, model: Model) -> Pair | None:
        """None where a model has one kind of layers only."""
        from docqa.model.config import FULL

        kinds = model.config.layer_types
        if len(set(kinds)) < 2:
            return None
        layers: Any = model.network.layers
        attention = next(layer for layer in layers if layer.kind == FULL)
        delta = next(layer for layer in layers if layer.kind != FULL)
        return cls(delta, attention, sum(kind != FULL for kind in kinds), kinds.count(FULL))

    @property
    def layers(self) -> int:
        return self.deltas + self.attentions


def twin_rows(model: Model, context: int = CONTEXT, trained: int = TRAINED) -> list[Row]:
    """twin_prefill_256k, twin_decode_256k and train_step_32k."""
    pair = Pair.of(model)
    if pair is None:
        why = "not measured: this model has one kind of layers"
        names = ("twin_prefill_256k", "twin_decode_256k", "train_step_32k")
        return [Row(name, None, "tokens/s", "twin", None, why) for name in names]
    return [prefill_row(model, pair, context), decode_row(model, pair, context), training_row(model, pair, trained)]


def prefill_row(model: Model, pair: Pair, context: int) -> Row:
    """Reading `context` tokens: the hybrid as it is shipped beside the exact twin."""
    blocks = context // BLOCK
    delta = _block_seconds(model, pair.delta, lambda: _delta_memory())
    sparse = _block_seconds(model, pair.attention, lambda: _filled(model, context, sparse=True))
    first = _block_seconds(model, pair.attention, lambda: _filled(model, BLOCK, sparse=False))
    last = _block_seconds(model, pair.attention, lambda: _filled(model, context, sparse=False))
    exact = (first + last) / 2
    ours = blocks * (pair.deltas * delta + pair.attentions * sparse)
    theirs = blocks * pair.layers * exact
    both = blocks * (pair.deltas * delta + pair.attentions * exact)
    method = (
        f"{context:,} tokens from the times of one layer's last two blocks of {BLOCK:,}: delta {delta:.3g} s, sparse "
        f"attention {sparse:.3g} s, exact attention {first:.3g} s at the first block and {last:.3g} s at the last, "
        f"evenly between; {pair.deltas} + {pair.attentions} layers, twin {pair.layers}; with exact attention in both "
        f"{theirs / both:.2f} x; without embedding and head"
    )
    return Row("twin_prefill_256k", context / ours, "tokens/s", "twin", context / theirs, method)


def decode_row(model: Model, pair: Pair, context: int) -> Row:
    """One token more behind `context` tokens."""
    from docqa.model.decode.beams import Branches
    from docqa.model.state.kv_cache import LongAttention

    state = model.new_state(layers=None)
    model.prefill(list(range(1, 65)), state)
    branches = Branches(model, state)
    branches.logits([1])
    base = fastest(lambda: branches.logits([1]), 5) / pair.layers
    chosen, every = (_keys_seconds(model, context, long) for long in (LongAttention(), LongAttention(exact=EVER)))
    ours = pair.layers * base + pair.attentions * chosen
    theirs, both = pair.layers * (base + every), pair.layers * base + pair.attentions * every
    method = (
        f"one token behind {context:,}: {base * 1e3:.3g} ms is a layer's share of a whole step at a short context, an "
        f"attention layer adds {chosen * 1e3:.3g} ms where it chooses blocks and {every * 1e3:.3g} ms where it reads "
        f"all keys (int8, native step where there is one); {pair.deltas} + {pair.attentions} layers, twin {pair.layers}"
        f"; with exact attention in both {theirs / both:.2f} x"
    )
    return Row("twin_decode_256k", 1 / ours, "tokens/s", "twin", 1 / theirs, method)


def training_row(model: Model, pair: Pair, trained: int) -> Row:
    """Forward and backward of `trained` tokens, float32, exact attention in both."""
    delta = _training_seconds(model, pair.delta, BLOCK) / BLOCK
    near = _training_seconds(model, pair.attention, BLOCK) / BLOCK
    far = _attention_gradient(model, trained) / BLOCK  # of a query that sees all keys, beyond what `near` has
    exact = near + far / 2
    method = (
        f"a token's share of forward and backward in one layer, float32: delta {delta * 1e6:.3g} us, attention with "
        f"{BLOCK:,} keys {near * 1e6:.3g} us, and {far * 1e6:.3g} us more at {trained:,} keys, half of it on the way; "
        f"{pair.deltas} + {pair.attentions} layers, twin {pair.layers}; without embedding and head"
    )
    ours = pair.deltas * delta + pair.attentions * exact
    return Row("train_step_32k", 1 / ours, "tokens/s", "twin", 1 / (pair.layers * exact), method)


def _block_seconds(model: Model, layer: Layer, memory: Callable[[], Any]) -> float:
    """Seconds of one block of queries through one layer; the faster of the last two blocks."""
    import torch

    x = _random(model, BLOCK)
    found = memory()
    position = getattr(found, "length", 0)
    times = []
    with torch.inference_mode():
        rotation = _rotation(model, position, BLOCK)
        for _ in range(2):
            branch = found.fork()
            started = time.perf_counter()
            layer(x, rotation, branch)
            times.append(time.perf_counter() - started)
    return min(times)


def _delta_memory() -> Any:
    from docqa.model.state.kv_cache import DeltaMemory

    return DeltaMemory()


def _filled(model: Model, context: int, *, sparse: bool) -> AttentionMemory:
    """What an attention layer remembers one block before `context` tokens: one random block, many times."""
    import torch

    from docqa.model.state.kv_cache import AttentionMemory, LongAttention, seal

    long = LongAttention() if sparse else LongAttention(exact=EVER)
    memory = AttentionMemory(BLOCK, long)
    source = torch.Generator().manual_seed(1)
    shape = BLOCK, model.config.num_key_value_heads, model.config.head_dim
    block = seal(torch.randn(*shape, generator=source), torch.randn(*shape, generator=source), long.block)
    memory.sealed = (block,) * (context // BLOCK - 1)
    return memory


def _keys_seconds(model: Model, context: int, long: LongAttention) -> float:
    """Seconds that the keys of `context` tokens add to a step of one attention layer."""
    import torch

    from docqa.kernels.attention import attention
    from docqa.model.decode.step import attention_step

    memory = random_memory(model, context, long)
    far = attention_step(model, memory)
    without = attention_step(model, random_memory(model, 0, long))
    if far is not None and without is not None:
        pairs = [(fastest(far, 3), fastest(without, 3)) for _ in range(4)]  # in turn
        return max(min(one for one, _ in pairs) - min(other for _, other in pairs), 1e-6)
    config = model.config
    q = torch.randn(1, 1, config.num_attention_heads, config.head_dim, dtype=model.dtype)
    if context > long.exact:
        k, v = torch.randn(2, 1, 1, config.num_key_value_heads, config.head_dim, dtype=model.dtype)
        return fastest(lambda: memory.fork().attend(q, k, v), 3)
    keys, values = memory.between(0, memory.length, model.dtype)
    return fastest(lambda: attention(q, keys[None], values[None]), 3)


def _training_seconds(model: Model, layer: Layer, seq: int) -> float:
    """Forward and backward of `seq` tokens through a fresh layer of the same kind."""
    import torch

    from docqa.model.hybrid import Layer

    fresh = Layer(model.config, layer.kind)
    rotation = tuple(part.float() for part in _rotation(model, 0, seq))
    x = torch.randn(1, seq, model.config.hidden_size, requires_grad=True)

    def run() -> None:
        fresh(x, rotation).square().mean().backward()

    run()
    return fastest(run, 2)


def _attention_gradient(model: Model, context: int) -> float:
    """Forward and backward of the last block of queries over all keys, less that over its own."""
    import torch
    from torch.nn import functional

    heads, groups, dim = model.config.num_attention_heads, model.config.num_key_value_heads, model.config.head_dim

    def run(keys: int) -> Callable[[], None]:
        q = torch.randn(1, heads, BLOCK, dim, requires_grad=True)
        k, v = (torch.randn(1, groups, keys, dim, requires_grad=True) for _ in range(2))

        def once() -> None:
            functional.scaled_dot_product_attention(q, k, v, enable_gqa=True).square().mean().backward()

        return once

    return max(fastest(run(context), 1) - fastest(run(BLOCK), 1), 1e-9)


def _rotation(model: Model, position: int, count: int) -> Any:
    import torch

    from docqa.model.cost.plan import yarn_factor_for

    factor = yarn_factor_for(model.config, position + count)
    return model.network.rotation(torch.arange(position, position + count), factor)


def _random(model: Model, count: int) -> Any:
    import torch

    return torch.randn(1, count, model.config.hidden_size, generator=torch.Generator().manual_seed(2)).to(model.dtype)
