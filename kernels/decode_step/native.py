"""A decoding step in C++: all layers and the head in one call."""

import ctypes
from collections.abc import Mapping, MutableSequence, Sequence
from ctypes import CFUNCTYPE, POINTER, Structure, c_float, c_int64, c_void_p
from dataclasses import dataclass
from typing import NamedTuple, Self

import torch
from torch import Tensor

from docqa.kernels.attention.kv_cache import KVBlock
from docqa.kernels.cpu.arrays import GROUP
from docqa.kernels.cpu.library import KVSegment, Library, contiguous_float32, structure_fields
from docqa.kernels.errors import ShapeMismatch
from docqa.kernels.gguf_matmul.blocks import BlockMatrix, StoredMatrix

Weights = Mapping[str, Tensor | StoredMatrix]
Pair = tuple[StoredMatrix, StoredMatrix]


@dataclass(frozen=True)
class PackedExperts:
    """All experts in the bits of their file, each gate above up [2 * inner, hidden], and down
    [hidden, inner].
    """

    pairs: Sequence[Pair]

    def expert_matrices(self, number: int) -> Pair:
        """Expert `number`, as `pairs` has it."""
        return self.pairs[number]


ROOM = 64  # tokens that get room at a time
PIECE = 512  # keys that the library takes at a time, as in step.inc
# `attention` of StepLayer
GATED = 1
PLAIN = 2
MIX = {
    True: ("q_proj", "k_proj", "v_proj", "o_proj"),
    False: ("in_proj_qkv", "in_proj_z", "out_proj"),
}


class StepMatrix(Structure):
    _fields_ = [
        *structure_fields(c_int64, "rows columns bits type stride"),
        *structure_fields(c_void_p, "q scale zero bias"),
    ]

    @classmethod
    def from_matrix(cls, matrix: StoredMatrix, bias: Tensor | None = None) -> Self:
        added = None if bias is None else bias.data_ptr()
        if isinstance(matrix, BlockMatrix):
            of_blocks = 0, matrix.block.number, matrix.data.shape[1], matrix.data.data_ptr()
            return cls(*matrix.shape, *of_blocks, None, None, added)
        return cls(*matrix.shape, matrix.bits, 0, 0, *matrix.addresses(), added)


class StepExperts(Structure):
    _fields_ = [
        *structure_fields(c_int64, "count chosen inner normalise held"),
        *structure_fields(c_void_p, "router shared_gate"),
    ]


class StepLayer(Structure):
    _fields_ = [
        ("attention", c_int64),
        ("mix", StepMatrix * 4),
        *structure_fields(StepMatrix, "gate up down"),
        ("experts", POINTER(StepExperts)),
        *structure_fields(
            c_void_p, "input_norm post_norm a b conv rate dt_bias norm q_norm k_norm"
        ),
        *structure_fields(c_void_p, "tail memory segments own_k own_v"),
    ]


SIZES = (
    "hidden",
    "layers",
    "key_heads",
    "value_heads",
    "key_dim",
    "value_dim",
    "taps",
    "heads",
    "kv_heads",
    "dim",
    "rotary",
)
FIND = CFUNCTYPE(c_int64, c_int64, c_int64, POINTER(c_int64), POINTER(StepMatrix))


class AttentionReach(NamedTuple):
    """How far attention is exact, and what it reads beyond; all in tokens but `best`, which counts
    blocks.

    A token after `exact` others reads the first block, the `local` tokens before its tile and all
    after them, and the `best` blocks between (`kernels.attention.best_blocks`), chosen among those
    in whole KV blocks, none where `grid` is no multiple of `block`.
    """

    grid: int  # tokens of a whole KV block
    exact: int
    local: int
    best: int
    block: int
    tile: int

    def is_supported(self) -> bool:
        """Whether the native step can read so: no block is longer than what it takes at a time."""
        return self.block <= PIECE


class StepCall(Structure):
    _fields_ = [
        *(
            (name, c_int64)
            for name in ("tokens", *SIZES, "own", "room", "context", *AttentionReach._fields)
        ),
        ("eps", c_float),
        *structure_fields(c_void_p, "cos sin x"),
        ("layer", POINTER(StepLayer)),
        ("norm", c_void_p),
        ("head", StepMatrix),
        ("logits", c_void_p),
        ("find", FIND),
    ]


@dataclass(frozen=True)
class RoutedExperts:
    """The experts of a layer, whose shared one is its `gate_proj`, `up_proj` and `down_proj`.

    `pairs`: of each gate above up, and down, in the bits of their file.
    `chosen`: how many a token is sent to, each [inner, hidden] and back; with `normalise` their
    weights add up to 1. `router` [experts, hidden], `shared_gate` [hidden].
    """

    pairs: Sequence[Pair]
    chosen: int
    inner: int
    normalise: bool
    router: Tensor
    shared_gate: Tensor


@dataclass
class LayerMemory:
    """What a layer remembers: of a delta net `tail` and `memory`, of attention the context's KV
    `blocks`.
    """

    tail: Tensor | None = None
    memory: Tensor | None = None
    blocks: Sequence[KVBlock] = ()


class StepWeights:
    """The weights of a network as the native step reads them; made once."""

    def __init__(
        self,
        sizes: Mapping[str, int],
        eps: float,
        layers: Sequence[Weights],
        norm: Tensor,
        head: StoredMatrix,
        experts: Mapping[int, RoutedExperts],
    ) -> None:
        """All weights by the names of the checkpoint, those of a layer without the names of its
        modules.

        `sizes`: SIZES, by name. `experts`: of layers that have them, by number. `layers`: of each
        its matrices, packed, with `gate_proj`, `up_proj`, `down_proj`, `input_layernorm`,
        `post_attention_layernorm`; of a delta net also `in_proj_a`, `in_proj_b`, `conv1d`
        [channels, taps], `A_log`, `dt_bias`, `norm`; of attention `q_norm` and `k_norm`, or
        neither, `NAME.bias`, and a gate where `q_proj` has rows for one. Norms are zero-centred.
        """
        self.sizes = dict(sizes)
        self.eps = eps
        self.norm = contiguous_float32(norm)
        self.head = head
        self.table = (StepLayer * len(layers))()
        # pointers do not keep what they point at
        self._alive: list[Tensor | StoredMatrix] = [self.norm, head]
        for entry, weights in zip(self.table, layers, strict=True):
            self._fill_layer(entry, weights)
        self.pairs = {number: found.pairs for number, found in experts.items()}
        self._experts = {number: self._step_experts(found) for number, found in experts.items()}
        for number, routed in self._experts.items():
            self.table[number].experts = ctypes.pointer(routed)

    def _fill_layer(self, entry: StepLayer, weights: Weights) -> None:
        ungated = self.sizes["heads"] * self.sizes["dim"]
        if "q_proj" in weights:
            entry.attention = PLAIN if weights["q_proj"].shape[0] == ungated else GATED
        for number, name in enumerate(MIX[bool(entry.attention)]):
            entry.mix[number] = self._step_matrix(weights, name)
        for field in ("gate", "up", "down"):
            setattr(entry, field, self._step_matrix(weights, f"{field}_proj"))
        vectors = {
            "input_norm": weights["input_layernorm"],
            "post_norm": weights["post_attention_layernorm"],
        }
        if entry.attention:
            vectors |= {name: weights[name] for name in ("q_norm", "k_norm") if name in weights}
        else:
            conv = weights["conv1d"]
            rate = weights["A_log"]
            assert isinstance(conv, Tensor) and isinstance(rate, Tensor)
            vectors |= {"conv": conv.t(), "rate": rate.float().exp()}
            vectors |= {"a": weights["in_proj_a"], "b": weights["in_proj_b"]}
            vectors |= {name: weights[name] for name in ("dt_bias", "norm")}
        for name, tensor in vectors.items():
            assert isinstance(tensor, Tensor)
            vector = contiguous_float32(tensor)
            self._alive.append(vector)
            setattr(entry, name, vector.data_ptr())

    def _step_experts(self, experts: RoutedExperts) -> StepExperts:
        router = contiguous_float32(experts.router)
        shared_gate = contiguous_float32(experts.shared_gate)
        self._alive += [router, shared_gate]
        return StepExperts(
            router.shape[0],
            experts.chosen,
            experts.inner,
            experts.normalise,
            router.shape[0],
            router.data_ptr(),
            shared_gate.data_ptr(),
        )

    def _step_matrix(self, weights: Weights, name: str) -> StepMatrix:
        matrix = weights[name]
        bias = weights.get(f"{name}.bias")
        assert isinstance(matrix, StoredMatrix) and not isinstance(bias, StoredMatrix)
        added = None if bias is None else contiguous_float32(bias)
        self._alive += [part for part in (matrix, added) if part is not None]
        return StepMatrix.from_matrix(matrix, added)


def are_sizes_supported(sizes: Mapping[str, int]) -> bool:
    """Whether the native step can run a network of these sizes: whole groups and whole vectors
    everywhere.
    """
    wide = (
        sizes["hidden"],
        sizes["value_heads"] * sizes["value_dim"],
        sizes["heads"] * sizes["dim"],
    )
    return (
        all(size % GROUP == 0 for size in wide)
        and sizes["dim"] % 64 == 0
        and sizes["rotary"] <= sizes["dim"]
        and sizes["taps"] <= 8
        and sizes["value_heads"] % max(1, sizes["key_heads"]) == 0
    )


def _checked_context_length(memories: Sequence[LayerMemory], grid: int) -> int:
    """Tokens of the context, checked to be equal in all attention layers and cut on the grid."""
    counts = {
        tuple(s.k.shape[0] for s in m.blocks if s.k.shape[0]) for m in memories if m.memory is None
    }
    if len(counts) > 1:
        raise ShapeMismatch(
            f"contexts of {sorted(sum(c) for c in counts)} tokens in layers of one state"
        )
    for found in counts:
        if any(count != grid for count in found[:-1]) or max(found[-1:], default=0) > grid:
            raise ShapeMismatch(f"KV blocks of {sorted(set(found))} tokens on a grid of {grid}")
        return sum(found)
    return 0


class DecodeStep:
    """What goes on from a context; what it remembers moves on in place."""

    def __init__(
        self,
        weights: StepWeights,
        memories: Sequence[LayerMemory],
        reach: AttentionReach,
        library: Library,
    ) -> None:
        """The tensors of `memories` are copied where a step writes into them. Raises
        ShapeMismatch: contexts differ in length from layer to layer, or a KV block but the last is
        not whole."""
        self.weights = weights
        self.library = library
        self.reach = reach
        self.context = _checked_context_length(memories, reach.grid)
        self.own = 0
        self.room = 0
        self._find = FIND(self._find_experts)
        self.table = type(weights.table).from_buffer_copy(weights.table)
        self.changing: list[
            tuple[Tensor, Tensor]
        ] = []  # (tail, memory) or own (keys, values), one for each layer
        self._blocks: list[object] = []
        for entry, memory in zip(self.table, memories, strict=True):
            self._blocks.append(self._fill_segments(entry, memory.blocks))
            if entry.attention:
                empty = torch.empty(0, weights.sizes["kv_heads"], weights.sizes["dim"])
                self.changing.append((empty, empty))
            else:
                assert memory.tail is not None and memory.memory is not None
                self.changing.append(
                    (
                        contiguous_float32(memory.tail).clone(),
                        contiguous_float32(memory.memory).clone(),
                    )
                )
        self._grow_room()

    def _fill_segments(self, entry: StepLayer, blocks: Sequence[KVBlock]) -> object:
        """Fills in the context of a layer; returns what must stay in memory for it."""
        plain_blocks = [s.as_plain_block() for s in blocks if s.k.shape[0]]
        table = (KVSegment * max(1, len(plain_blocks)))(*(s.as_segment for s in plain_blocks))
        entry.segments = ctypes.addressof(table)
        return plain_blocks, table

    def _grow_room(self) -> None:
        """Room for ROOM more tokens."""
        self.room = self.own + ROOM
        for number, entry in enumerate(self.table):
            names = ("tail", "memory")
            if entry.attention:
                names = ("own_k", "own_v")
                old = self.changing[number]
                wide = [part.new_empty(self.room, *part.shape[1:]) for part in old]
                for new, part in zip(wide, old, strict=True):
                    new[: self.own] = part[: self.own]
                self.changing[number] = wide[0], wide[1]
            for name, tensor in zip(names, self.changing[number], strict=True):
                setattr(entry, name, tensor.data_ptr())

    def logits(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Adds one token: embeddings x [hidden], cos and sin [rotary]. Returns float32 logits
        [vocab] of what follows."""
        if self.own == self.room:
            self._grow_room()
        weights = self.weights
        x = contiguous_float32(x).clone()
        cos = contiguous_float32(cos)
        sin = contiguous_float32(sin)
        out = torch.empty(weights.head.shape[0])
        call = StepCall(
            1,
            *(weights.sizes[name] for name in SIZES),
            self.own,
            self.room,
            self.context,
            *self.reach,
            weights.eps,
            cos.data_ptr(),
            sin.data_ptr(),
            x.data_ptr(),
            self.table,
            weights.norm.data_ptr(),
            StepMatrix.from_matrix(weights.head),
            out.data_ptr(),
            self._find,
        )
        self.library.call_function("step", ctypes.byref(call))
        self.own += 1
        return out

    def _find_experts(
        self, layer: int, count: int, numbers: Sequence[int], pairs: MutableSequence[StepMatrix]
    ) -> int:
        """`find` of StepCall."""
        for at in range(count):
            for half, matrix in enumerate(self.weights.pairs[layer][numbers[at]]):
                pairs[2 * at + half] = StepMatrix.from_matrix(matrix)
        return 0
