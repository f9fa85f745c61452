"""The hybrid beside its all-attention twin of the same sizes. One delta and one attention layer are
timed on random input at the far end of the context; a whole read follows from how each grows: delta
layers and sparse attention cost the same for every block, exact attention grows evenly."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, cast

import torch
from torch.nn import functional

from docqa.kernels.attention import attention
from docqa.kernels.decode_step.native import DecodeStep
from docqa.kernels.native import is_native_in_use
from docqa.kernels.self_check import library
from docqa.model.config import FULL
from docqa.model.cost.plan import yarn_factor_for
from docqa.model.decode.continuation import Continuation
from docqa.model.decode.step import attention_reach, collect_step_weights, layer_memory
from docqa.model.hybrid import HybridLayer
from docqa.model.load import NetworkModel
from docqa.model.state.delta_memory import DeltaMemory
from docqa.model.state.kv_cache import AttentionMemory
from docqa.model.state.long_attention import LongAttention
from docqa.model.training.gradients import use_native_gradients

from .contexts import BLOCK, EXACT, random_memory
from .rows import Measurement, fastest

CONTEXT = 262_144


@dataclass(frozen=True)
class LayerPair:
    """The two kinds of layers of a model, and how many of each."""

    delta: HybridLayer
    attention: HybridLayer
    deltas: int
    attentions: int

    @classmethod
    def of(cls, model: NetworkModel) -> Self | None:
        kinds = model.config.layer_types
        if len(set(kinds)) < 2:
            return None
        layers = [cast("HybridLayer", layer) for layer in model.network.layers]
        attention = next(layer for layer in layers if layer.kind == FULL)
        delta = next(layer for layer in layers if layer.kind != FULL)
        return cls(delta, attention, sum(kind != FULL for kind in kinds), kinds.count(FULL))

    @property
    def layers(self) -> int:
        return self.deltas + self.attentions


def twin_rows(model: NetworkModel, context: int, trained: int) -> list[Measurement]:
    pair = LayerPair.of(model)
    if pair is None:
        why = "not measured: this model has one kind of layers"
        names = ("twin_prefill_256k", "twin_decode_256k", "train_step_32k")
        return [Measurement(name, None, "tokens/s", "twin", None, why) for name in names]
    return [
        prefill_row(model, pair, context),
        decode_row(model, pair, context),
        training_row(model, pair, trained),
    ]


def prefill_row(model: NetworkModel, pair: LayerPair, context: int) -> Measurement:
    """Reading `context` tokens: the hybrid as shipped beside the exact twin."""
    blocks = context // BLOCK
    long = LongAttention()
    delta = _block_seconds(model, pair.delta, DeltaMemory())
    sparse = _block_seconds(model, pair.attention, _keys(model, context - BLOCK, long))
    first = _block_seconds(model, pair.attention, _keys(model, 0, EXACT))
    last = _block_seconds(model, pair.attention, _keys(model, context - BLOCK, EXACT))
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
    return Measurement(
        "twin_prefill_256k", context / ours, "tokens/s", "twin", context / theirs, method
    )


def decode_row(model: NetworkModel, pair: LayerPair, context: int) -> Measurement:
    state = model.new_state(layers=None)
    model.prefill(list(range(1, 65)), state)
    continuation = Continuation(model, state)
    continuation.logits(1)
    base = fastest(lambda: continuation.logits(1), 5) / pair.layers
    chosen, every = (_keys_seconds(model, context, long) for long in (LongAttention(), EXACT))
    ours = pair.layers * base + pair.attentions * chosen
    theirs = pair.layers * (base + every)
    both = pair.layers * base + pair.attentions * every
    method = (
        f"one token behind {context:,}: {base * 1e3:.3g} ms is a layer's share of a whole step at a short context, an "
        f"attention layer adds {chosen * 1e3:.3g} ms where it chooses blocks and {every * 1e3:.3g} ms where it reads "
        f"all keys (int8, native step where there is one); {pair.deltas} + {pair.attentions} layers, twin {pair.layers}"
        f"; with exact attention in both {theirs / both:.2f} x"
    )
    return Measurement("twin_decode_256k", 1 / ours, "tokens/s", "twin", 1 / theirs, method)


def training_row(model: NetworkModel, pair: LayerPair, trained: int) -> Measurement:
    """Forward and backward of `trained` tokens, float32, exact attention in both."""
    delta, near = (
        _training_seconds(model, layer) / BLOCK for layer in (pair.delta, pair.attention)
    )
    # Of a query that sees all keys, beyond what `near` has.
    far = max(_attention_gradient(model, trained) - _attention_gradient(model, BLOCK), 1e-9) / BLOCK
    exact = near + far / 2
    method = (
        f"a token's share of forward and backward in one layer, float32: delta {delta * 1e6:.3g} us, attention with "
        f"{BLOCK:,} keys {near * 1e6:.3g} us, and {far * 1e6:.3g} us more at {trained:,} keys, half of it on the way; "
        f"{pair.deltas} + {pair.attentions} layers, twin {pair.layers}; without embedding and head"
    )
    ours = pair.deltas * delta + pair.attentions * exact
    return Measurement(
        "train_step_32k", 1 / ours, "tokens/s", "twin", 1 / (pair.layers * exact), method
    )


def _training_seconds(model: NetworkModel, layer: HybridLayer) -> float:
    """Forward and backward of a block through a fresh layer of the same kind."""
    use_native_gradients()
    fresh = HybridLayer(model.config, layer.kind)
    rotation = model.network.rotation(torch.arange(BLOCK), yarn_factor_for(model.config, BLOCK))
    cos, sin = (part.float() for part in rotation)
    x = torch.randn(1, BLOCK, model.config.hidden_size, requires_grad=True)

    def run() -> None:
        fresh(x, (cos, sin)).square().mean().backward()

    run()
    return fastest(run, 2)


def _attention_gradient(model: NetworkModel, keys: int) -> float:
    """Forward and backward of the last block of queries over `keys`."""
    heads = model.config.num_attention_heads
    groups = model.config.num_key_value_heads
    dim = model.config.head_dim
    q = torch.randn(1, heads, BLOCK, dim, requires_grad=True)
    k, v = (torch.randn(1, groups, keys, dim, requires_grad=True) for _ in range(2))

    def run() -> None:
        functional.scaled_dot_product_attention(q, k, v, enable_gqa=True).square().mean().backward()

    return fastest(run, 1)


def _block_seconds(
    model: NetworkModel, layer: HybridLayer, memory: AttentionMemory | DeltaMemory
) -> float:
    """One block of queries through one layer after `memory`; the faster of two."""
    x = torch.randn(1, BLOCK, model.config.hidden_size).to(model.dtype)
    with torch.inference_mode():
        position = getattr(memory, "length", 0)
        factor = yarn_factor_for(model.config, position + BLOCK)
        rotation = model.network.rotation(torch.arange(position, position + BLOCK), factor)
        return fastest(lambda: layer(x, rotation, memory.fork()), 2)


def _keys(model: NetworkModel, count: int, long: LongAttention) -> AttentionMemory:
    return random_memory(model.config.num_key_value_heads, model.config.head_dim, count, long)


def _attention_step(model: NetworkModel, memory: AttentionMemory) -> Callable[[], object] | None:
    """One token through the network's first attention layer over `memory`, and the head; None
    without a native step.
    """
    found = library()
    config = model.config
    if found is None or not is_native_in_use() or FULL not in config.layer_types:
        return None
    layer = model.network.layers[config.layer_types.index(FULL)]
    weights = collect_step_weights(model.network, [layer])
    if weights is None:
        return None
    reach = attention_reach(memory.long, memory.grid)
    step = DecodeStep(weights, [layer_memory(memory)], reach, found)
    x = torch.ones(1, config.hidden_size)
    cos, sin = model.network.rotation(torch.arange(memory.length, memory.length + 1), 1.0)
    return lambda: step.logits(x, cos[0], sin[0])


def _keys_seconds(model: NetworkModel, context: int, long: LongAttention) -> float:
    """What the keys of `context` tokens add to a step of one attention layer."""
    memory = _keys(model, context, long)
    far = _attention_step(model, memory)
    without = _attention_step(model, _keys(model, 0, long))
    if far is not None and without is not None:
        pairs = [(fastest(far, 3), fastest(without, 3)) for _ in range(4)]  # in turn
        return max(min(one for one, _ in pairs) - min(other for _, other in pairs), 1e-6)
    heads = model.config.num_key_value_heads
    dim = model.config.head_dim
    q = torch.randn(1, 1, model.config.num_attention_heads, dim, dtype=model.dtype)
    if context > long.exact:
        k, v = torch.randn(2, 1, 1, heads, dim, dtype=model.dtype)
        return fastest(lambda: memory.fork().attend(q, k, v), 3)
    keys, values = memory.context().unpacked_range(0, memory.length, model.dtype)
    return fastest(lambda: attention(q, keys[None], values[None]), 3)
