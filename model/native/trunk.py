"""The first layers of the trunk in numpy and native kernels: what a question looks like to the
heads.

hybrid.py for delta nets and dense MLPs, from an empty state, float32 with packed matrices, by the
checkpoint's names.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import repeat

import numpy as np

from docqa.kernels.cpu import Library, arrays
from docqa.kernels.cpu.arrays import PackedMatrix
from docqa.model.config import HybridConfig
from docqa.model.state.delta_memory import DeltaMemory
from docqa.model.state.state import State

from .tensors import FolderTensors

Adapters = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Of `heads.evidence.load_evidence_adapters`."""


class NativeTrunk:
    """The embedding and the first `layers` layers of a checkpoint, with `adapters` beside their
    matrices.
    """

    def __init__(
        self,
        tensors: FolderTensors,
        config: HybridConfig,
        layers: int,
        library: Library,
        adapters: Adapters,
    ) -> None:
        """Raises WeightsMissing, WeightsMismatch: a tensor is not there, or has not the shape that
        `config` says.
        """
        self._embedding = tensors.matrix(
            "embed_tokens.weight", (config.vocab_size, config.hidden_size)
        )
        self._layers = [
            _TrunkLayer(tensors, config, number, library, adapters) for number in range(layers)
        ]

    def states(self, ids: Sequence[int], state: State | None = None) -> np.ndarray:
        """What the last of the layers puts out for `ids` alone, or after `state`, which goes on
        with them: float32 [seq, hidden]."""
        x = self._embedding.rows(np.asarray(ids))[None]
        memories = repeat(None) if not state else state.layers
        for layer, memory in zip(self._layers, memories):
            assert memory is None or isinstance(memory, DeltaMemory)
            x = layer(x, memory)
        if state:
            state.advance(np.asarray(ids), None)
        return x[0]


class _TrunkLayer:
    """x + mixer(norm(x)), then x + mlp(norm(x))."""

    def __init__(
        self,
        tensors: FolderTensors,
        config: HybridConfig,
        number: int,
        library: Library,
        adapters: Adapters,
    ) -> None:
        self._config = config
        self._library = library
        matrices, dense = _layer_shapes(config)
        name = f"layers.{number}."
        self._matrices: Mapping[str, PackedMatrix] = {
            part: tensors.matrix(f"{name}{part}.weight", shape) for part, shape in matrices.items()
        }
        self._adapters = {
            part: adapters[name + part] for part in matrices if name + part in adapters
        }
        self._dense: Mapping[str, np.ndarray] = {
            part: tensors.dense(name + part, shape) for part, shape in dense.items()
        }

    def __call__(self, x: np.ndarray, memory: DeltaMemory | None) -> np.ndarray:
        """[batch, seq, hidden] to the same."""
        norm = partial(
            arrays.zero_centred_norm, eps=self._config.rms_norm_eps, library=self._library
        )
        x = x + self._run_mixer(norm(x, self._dense["input_layernorm.weight"]), memory)
        inner = norm(x, self._dense["post_attention_layernorm.weight"])
        gate, up = (self._multiply_by_matrix(inner, f"mlp.{name}_proj") for name in ("gate", "up"))
        return x + self._multiply_by_matrix(
            arrays.silu_product(gate, up, library=self._library), "mlp.down_proj"
        )

    def _multiply_by_matrix(self, x: np.ndarray, name: str) -> np.ndarray:
        out = arrays.product(x, self._matrices[name], library=self._library)
        if name not in self._adapters:
            return out
        down, up = self._adapters[name]
        out += x @ down.T @ up.T
        return out

    def _run_mixer(self, x: np.ndarray, memory: DeltaMemory | None) -> np.ndarray:
        config = self._config
        dense = self._dense
        library = self._library
        batch, seq, _ = x.shape
        key_heads = config.linear_num_key_heads
        value_heads = config.linear_num_value_heads
        key_dim = config.linear_key_head_dim
        value_dim = config.linear_value_head_dim
        memory = memory or DeltaMemory()
        new = self._multiply_by_matrix(x, "linear_attn.in_proj_qkv")
        weight = dense["linear_attn.conv1d.weight"]
        mixed = arrays.causal_conv(
            new, weight, memory.tail, unit=(2 * key_heads, key_dim), library=library
        )
        unit, v = np.split(mixed, [2 * config.delta_key_and_value_widths[0]], 2)
        q, k = np.split(unit.reshape(batch, seq, 2 * key_heads, key_dim), 2, 2)
        v = v.reshape(batch, seq, value_heads, value_dim)
        beta = 1 / (1 + np.exp(-(x @ dense["linear_attn.in_proj_b.weight"].T)))
        rate = np.logaddexp(
            0, x @ dense["linear_attn.in_proj_a.weight"].T + dense["linear_attn.dt_bias"]
        )
        decay = -np.exp(dense["linear_attn.A_log"]) * rate
        out, remembered = arrays.delta_rule(
            q, k, v, decay=decay, beta=beta, state=memory.memory, library=library
        )
        past = config.linear_conv_kernel_dim - 1
        before = (
            np.zeros((batch, past, new.shape[2]), np.float32)
            if memory.tail is None
            else memory.tail
        )
        memory.update(np.concatenate([before, new[:, -past:]], 1)[:, -past:], remembered)
        z = self._multiply_by_matrix(x, "linear_attn.in_proj_z").reshape(
            batch, seq, value_heads, value_dim
        )
        out = arrays.gated_norm(
            out, z, dense["linear_attn.norm.weight"], config.rms_norm_eps, library=library
        )
        return self._multiply_by_matrix(out.reshape(batch, seq, -1), "linear_attn.out_proj")


def _layer_shapes(
    config: HybridConfig,
) -> tuple[dict[str, tuple[int, int]], dict[str, tuple[int, ...]]]:
    """Of a delta net with a dense MLP: packed matrices by module, and other tensors."""
    hidden = config.hidden_size
    inner = config.intermediate_size
    heads = config.linear_num_value_heads
    keys, values = config.delta_key_and_value_widths
    channels = 2 * keys + values
    matrices = {
        "linear_attn.in_proj_qkv": (channels, hidden),
        "linear_attn.in_proj_z": (values, hidden),
        "linear_attn.out_proj": (hidden, values),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
    }
    dense: dict[str, tuple[int, ...]] = {
        "input_layernorm.weight": (hidden,),
        "post_attention_layernorm.weight": (hidden,),
        "linear_attn.conv1d.weight": (channels, 1, config.linear_conv_kernel_dim),
        "linear_attn.in_proj_a.weight": (heads, hidden),
        "linear_attn.in_proj_b.weight": (heads, hidden),
        "linear_attn.A_log": (heads,),
        "linear_attn.dt_bias": (heads,),
        "linear_attn.norm.weight": (config.linear_value_head_dim,),
    }
    return matrices, dense
