"""A decoding step of a whole network in one native call, for what `Continuation` does."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np
import torch
from torch import Tensor, nn

from docqa.kernels.decode_step.native import (
    AttentionReach,
    DecodeStep,
    LayerMemory,
    RoutedExperts,
    StepWeights,
    are_sizes_supported,
)
from docqa.kernels.matmul import GROUP, StoredMatrix
from docqa.kernels.moe import PackedExperts
from docqa.kernels.native import library_in_use
from docqa.model.config import FULL
from docqa.model.linear import SwiGLU
from docqa.model.moe import SparseMoe
from docqa.model.network import Network, NormLayer
from docqa.model.protocol import WritingModel
from docqa.model.state.delta_memory import DeltaMemory
from docqa.model.state.kv_cache import TILE, AttentionMemory
from docqa.model.state.long_attention import LongAttention
from docqa.model.state.state import State
from docqa.model.transformer import RMSNorm, TransformerLayer

LayerWeights = dict[str, Tensor | StoredMatrix]  # by the last names of its tensors
_WEIGHTS = "_step_weights"  # cached on the network that they belong to


@dataclass
class NativeStep:
    """Goes on from the end of a state, which is not touched."""

    network: Network
    step: DecodeStep
    position: int
    factor: float

    @classmethod
    def from_state(cls, model: WritingModel, state: State) -> Self | None:
        """None where the library, the shape of the network or its precision has no native step."""
        found = library_in_use()
        if found is None or len(state.layers) < model.config.num_hidden_layers:
            return None
        weights = _cached_weights(model.network)
        reach = attention_reach(state.long, state.grid)
        if not weights or not state.position or not reach.is_supported():
            return None
        memories = [layer_memory(layer) for layer in state.layers]
        return cls(
            model.network,
            DecodeStep(weights, memories, reach, found),
            state.position,
            state.yarn_factor,
        )

    def logits(self, token: int) -> Tensor:
        """Adds one token; logits of the next, float32 [vocab]."""
        ahead = self.step.own % _AHEAD
        if ahead == 0:
            first = self.position + self.step.own
            positions = torch.arange(first, first + _AHEAD)
            self._rotation = self.network.rotation(positions, self.factor)
        x = self.network.embed_tokens(torch.tensor(token))
        cos, sin = self._rotation
        return self.step.logits(x, cos[ahead], sin[ahead])

    def move_state_past(self, state: State, tokens: list[int]) -> None:
        """`Continuation.move_state_past`. The last hidden state is not kept: `state` goes on with more tokens, not
        with logits.
        """
        for layer, (first, second) in zip(state.layers, self.step.changing, strict=True):
            if isinstance(layer, DeltaMemory):
                layer.update(first.clone(), second.clone())
            else:
                layer.append(first[: self.step.own].clone(), second[: self.step.own].clone())
        state.advance(np.array(tokens), None)


_AHEAD = 64  # positions whose rotation is computed at once


def _cached_weights(network: Network) -> StepWeights | None:
    """Made when first needed; None where the network has no native step."""
    if _WEIGHTS not in network.__dict__:
        network.__dict__[_WEIGHTS] = collect_step_weights(network, network.layers)
    found: StepWeights | None = network.__dict__[_WEIGHTS]
    return found


def collect_step_weights(network: Network, chosen: Iterable[nn.Module]) -> StepWeights | None:
    """Those of the layers `chosen` and of the head; None where one has no native step."""
    some = list(chosen)
    config = network.config
    sizes = {
        "hidden": config.hidden_size,
        "layers": len(some),
        "key_heads": config.linear_num_key_heads,
        "value_heads": config.linear_num_value_heads,
        "key_dim": config.linear_key_head_dim,
        "value_dim": config.linear_value_head_dim,
        "taps": config.linear_conv_kernel_dim,
        "heads": config.num_attention_heads,
        "kv_heads": config.num_key_value_heads,
        "dim": config.head_dim,
        "rotary": config.rotary_dim,
    }
    head = network.embed_tokens.packed if not network.lm_head else network.lm_head.packed
    found = [_layer_weights(layer) for layer in some if isinstance(layer, TransformerLayer)]
    layers = [weights for weights in found if weights]
    experts = {
        number: _routed_experts(layer.mlp)
        for number, layer in enumerate(some)
        if isinstance(layer.mlp, SparseMoe)
    }
    routed = {number: found for number, found in experts.items() if found}
    whole = len(layers) == len(some) and len(routed) == len(experts)
    if head is None or not whole or not are_sizes_supported(sizes):
        return None
    return StepWeights(
        sizes, config.rms_norm_eps, layers, _zero_centred_weight(network.norm), head, routed
    )


def _routed_experts(mlp: SparseMoe) -> RoutedExperts | None:
    """None where experts are stacked in memory, or not of whole groups."""
    bank = mlp.experts.bank
    inner = mlp.inner
    if not isinstance(bank, PackedExperts) or inner % GROUP:
        return None
    gate = mlp.shared_expert_gate
    weight = gate.weight if not gate.packed else gate.packed.dense()
    return RoutedExperts(bank.pairs, mlp.count, inner, mlp.normalise, mlp.gate.weight, weight[0])


def _zero_centred_weight(norm: NormLayer) -> Tensor:
    """As the weight of a zero-centred norm, as `kernels.norm.rms_norm` has it."""
    return norm.weight - 1.0 if isinstance(norm, RMSNorm) else norm.weight


def _layer_weights(layer: TransformerLayer) -> LayerWeights | None:
    """A layer's weights by their last names, of an MLP of experts the shared one's; None where its
    MLP is unknown or a large matrix is not packed."""
    mlp = layer.mlp.shared_expert if isinstance(layer.mlp, SparseMoe) else layer.mlp
    if not isinstance(mlp, SwiGLU) or mlp.gate_proj.out_features % GROUP:
        return None
    found: LayerWeights = {
        "input_layernorm": _zero_centred_weight(layer.input_layernorm),
        "post_attention_layernorm": _zero_centred_weight(layer.post_attention_layernorm),
    }
    mixer: Any = layer.mixer
    for owner in (mixer, mlp):
        for name, module in owner.named_children():
            found |= _module_weights(name, module)
    if layer.kind != FULL:
        found |= {
            "A_log": mixer.A_log,
            "dt_bias": mixer.dt_bias,
            "conv1d": mixer.conv1d.weight[:, 0],
        }
    dense = {"in_proj_a", "in_proj_b"}
    matrices = {
        name: part
        for name, part in found.items()
        if name.endswith("_proj") or name.startswith("in_proj")
    }
    if any(isinstance(part, StoredMatrix) == (name in dense) for name, part in matrices.items()):
        return None
    return found


def _module_weights(name: str, module: nn.Module) -> LayerWeights:
    """Of a part of a layer: its matrix and bias, or the weight of its norm."""
    packed = getattr(module, "packed", None)
    bias = getattr(module, "bias", None)
    if packed is None:
        return {
            name: _zero_centred_weight(module)
            if isinstance(module, NormLayer)
            else cast(Tensor, module.weight)
        }
    return {name: packed} if bias is None else {name: packed, f"{name}.bias": bias}


def attention_reach(long: LongAttention, grid: int) -> AttentionReach:
    """As the native step has it."""
    return AttentionReach(grid, long.exact, long.local, long.best, long.block, min(TILE, grid))


def layer_memory(layer: DeltaMemory | AttentionMemory) -> LayerMemory:
    """As the native step has it."""
    if isinstance(layer, DeltaMemory):
        return LayerMemory(tail=layer.tail, memory=layer.memory)
    return LayerMemory(blocks=layer.context().blocks)
