"""Experts that stay on disk: only those that tokens are sent to are read, into a pool of fixed
size.

The pool, shared by all layers, drops what was used longest ago or, where tokens go to more experts
of a layer than its share, what was read last. Experts in docqa's own formats or GGUF blocks keep
their bits and are read ahead by threads; others are dequantized as they are read.
"""

import os
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice, takewhile
from pathlib import Path

import torch
from torch import Tensor

from docqa.kernels.gguf_matmul import BLOCKS as GGUF_BLOCKS
from docqa.kernels.matmul import GROUP
from docqa.kernels.moe import ExpertBank
from docqa.model.checkpoints.gguf.checkpoint import GgufCheckpoint, has_experts_in_blocks
from docqa.model.config import HybridConfig
from docqa.model.cost.machine import available_memory_bytes, parse_byte_size
from docqa.model.cost.plan import sparse_layer_count
from docqa.model.errors import ConfigUnsupported, WeightsMissing
from docqa.model.network import Network

from .checkpoint import Checkpoint, name_tensor_in_errors, open_checkpoint
from .expert_files import BatchedReads, ExpertFiles, TensorLocation
from .expert_slots import (
    ExpertMatrix,
    ExpertSlots,
    ExpertTensor,
    Pair,
    Triple,
    expert_bytes,
)
from .formats import BLOCKS, GROUPED, BadParts, blocks
from .layout import expert_names
from .weights import TensorSource

Key = tuple[str, int]
EXPERT_PARTS = ("gate_up_proj", "down_proj")
FIRST_EXPERT = ".experts.0.down_proj.weight"
MEMORY_SHARE = (
    2  # experts take at most half of the memory that is available when the model is loaded
)
MEMORY_VARIABLE = "DOCQA_EXPERT_MEMORY"
# threads that read ahead, and experts: 14 MB of those of Qwen3-Next-80B-A3B
READERS = 4
AHEAD = 8
ANNOUNCED = 16  # experts that the system hears of before they are read: 28 MB of the same
SPARE = 8  # of so many slots one is for reading ahead, at most AHEAD


class ExpertPool:
    """Experts of all layers in a fixed number of slots; not thread-safe. `read` and `reused` count
    requests.

    `experts_at_once`: how many stay in memory; threads read ahead into the other slots. `share`: how many each
    layer would hold. `whole`: there is room for all.
    """

    def __init__(self, source: "ExpertSource", slots: ExpertSlots, most: int) -> None:
        self.source = source
        self.slots = slots
        spare = min(AHEAD, slots.count // SPARE) if source.packed and slots.count < most else 0
        self.experts_at_once = slots.count - spare
        self.whole = slots.count >= most
        self.share = max(self.experts_at_once // max(sparse_layer_count(source.config), 1), 1)
        self._room = self.share  # experts that the layer at hand may hold while others give way
        self.read = self.reused = 0
        self._free = list(range(slots.count))
        self._slot_of: OrderedDict[Key, int] = OrderedDict()
        self._of_layer: Counter[str] = Counter()
        # the layer at hand needs more experts than its share: most of them only pass through
        self._passing = False
        self._last: Key | None = None  # the last one that passed
        self._coming: deque[Key] = deque()
        self._announced = 0  # how many of `_coming`
        self._ahead: dict[Key, tuple[int, Future[None]]] = {}
        self._readers = ThreadPoolExecutor(READERS, "docqa-experts") if source.packed else None

    def expect_experts(self, experts: str, numbers: Sequence[int]) -> None:
        """These experts of a layer are asked for next, in this order: reads some of them ahead."""
        self._passing = len(numbers) > self._room
        self._last = None
        self._release_unasked_slots()
        self._coming = deque(
            (experts, number) for number in numbers if (experts, number) not in self._slot_of
        )
        self._announced = 0
        self._start_reading_ahead()

    def expert_matrices(self, experts: str, number: int) -> Pair:
        """An expert's matrices, good until the next call. Raises WeightsMissing, WeightsMismatch,
        naming the file.
        """
        key = experts, number
        slot = self._slot_of.get(key)
        if slot is None:
            slot = self._slot_with_expert(key)
            passing = self._passing and self._of_layer[experts] >= self._room
            if passing or len(self._slot_of) >= self.experts_at_once:
                self._evict_one_expert(experts)
            self._slot_of[key] = slot
            self._of_layer[experts] += 1
            self._last = key
            self.read += 1
            self._start_reading_ahead()
        else:
            self._slot_of.move_to_end(key)
            self.reused += 1
        return self.slots.expert_matrices(slot)

    def matrices_at_hand(self, experts: str, numbers: Sequence[int]) -> list[Pair]:
        """The matrices of the first of several experts that is here, or read, good until the next
        call. Raises as `expert_matrices`."""
        here = list(takewhile(lambda number: (experts, number) in self._slot_of, numbers))
        return [self.expert_matrices(experts, number) for number in here or numbers[:1]]

    def matrices_of_all(self, experts: str, numbers: Sequence[int]) -> list[Pair]:
        """The matrices of at most `experts_at_once` experts, good until the next call. Raises as `expert_matrices`."""
        self.expect_experts(experts, numbers)
        self._passing = False
        return [self.expert_matrices(experts, number) for number in numbers]

    @contextmanager
    def keeping_one_layer(self) -> Iterator[None]:
        """Meanwhile experts of a layer are asked for several times before the next's: they take all
        the room.
        """
        self._room = self.experts_at_once
        try:
            yield
        finally:
            self._room = self.share

    def _slot_with_expert(self, key: Key) -> int:
        """A slot, not counted among those held, that an expert has been read into."""
        if (coming := self._ahead.pop(key, None)) is not None:
            slot, done = coming
            self._free.append(slot)  # should it not have come
            done.result()
            return self._free.pop()
        if self._coming and self._coming[0] == key:
            self._next_expected_key()
        if (
            not self._free and not self._slot_of
        ):  # all slots wait for others, which were not asked for
            self._release_unasked_slots()
        if not self._free:
            self._evict_one_expert(key[0])
        self.source.load_expert_into_slot(self.slots, self._free[-1], *key)
        return self._free.pop()

    def _next_expected_key(self) -> Key:
        self._announced = max(self._announced - 1, 0)
        return self._coming.popleft()

    def _start_reading_ahead(self) -> None:
        if self._readers is None:
            return
        for key in islice(self._coming, self._announced, ANNOUNCED):
            self.source.announce_reads(*key)
        self._announced = min(len(self._coming), ANNOUNCED)
        while self._coming and self._free and len(self._ahead) < AHEAD:
            key = self._next_expected_key()
            slot = self._free.pop()
            self._ahead[key] = (
                slot,
                self._readers.submit(self.source.load_expert_into_slot, self.slots, slot, *key),
            )

    def _release_unasked_slots(self) -> None:
        """Takes back the slots of what was read ahead and not asked for."""
        for slot, done in self._ahead.values():
            if not done.cancel():
                wait([done])
            self._free.append(slot)
        self._ahead.clear()

    def _evict_one_expert(self, experts: str) -> None:
        """Lets an expert give way to one of the layer `experts`."""
        if self._passing and self._of_layer[experts] >= self._room:
            # A text is read layer after layer: what was used longest ago would be needed first in
            # the next pass.
            own = (key for key in self._slot_of if key[0] == experts)
            gone = (
                self._last if self._last is not None and self._last in self._slot_of else next(own)
            )
        else:
            gone = next(iter(self._slot_of))
        self._of_layer[gone[0]] -= 1
        self._free.append(self._slot_of.pop(gone))


@dataclass(frozen=True)
class PooledExperts:
    """The experts of one layer, out of a pool; `experts_at_once` as of `PackedExperts`, `packed` as of
    `ExpertBank`.
    """

    pool: ExpertPool
    experts: str
    experts_at_once: int
    packed: bool

    def expert_matrices(self, number: int) -> Pair:
        return self.pool.expert_matrices(self.experts, number)

    def expect_experts(self, numbers: Sequence[int]) -> None:
        self.pool.expect_experts(self.experts, numbers)

    def matrices_at_hand(self, numbers: Sequence[int]) -> list[Pair]:
        return self.pool.matrices_at_hand(self.experts, numbers)

    def matrices_of_all(self, numbers: Sequence[int]) -> list[Pair]:
        return self.pool.matrices_of_all(self.experts, numbers)


class ExpertSource:
    """A checkpoint's experts, one at a time; `packed`: in the bits of the checkpoint, where
    products take these; else its files stay open and mapped."""

    def __init__(
        self,
        checkpoint: Checkpoint | GgufCheckpoint,
        config: HybridConfig,
        dtype: torch.dtype,
        *,
        packed: bool,
    ) -> None:
        self.checkpoint = checkpoint
        self.config = config
        self.dtype = dtype
        self.names = checkpoint.names
        self.packed = packed and self._is_stored_as_used()
        self._files = ExpertFiles()

    def _is_stored_as_used(self) -> bool:
        """Whether experts are stored as products take them: in docqa's formats, or in GGUF
        blocks.
        """
        if isinstance(self.checkpoint, GgufCheckpoint):
            return has_experts_in_blocks(self.checkpoint.file)
        whole = (
            self.config.hidden_size % GROUP == 0 and self.config.moe_intermediate_size % GROUP == 0
        )
        first = next((name for name in self.names if name.endswith(FIRST_EXPERT)), None)
        return whole and first is not None and self.names[first] in (GROUPED, BLOCKS)

    def largest_expert_bytes(self, layers: Sequence[str]) -> int:
        """Bytes of a slot for every expert of `layers`; those of a layer are of one size."""
        apart = (
            layers if isinstance(self.checkpoint, GgufCheckpoint) and self.packed else layers[:1]
        )
        return max(
            expert_bytes(*self._matrices(experts, 0, BatchedReads(self._files)))
            for experts in apart
        )

    def check_experts_present(self, layers: Iterable[str]) -> None:
        """Raises WeightsMissing, naming one, unless all experts of `layers` are there."""
        for experts in layers:
            if f"{experts}.gate_up_proj" in self.names and f"{experts}.down_proj" in self.names:
                continue
            for number in range(self.config.num_experts):
                for name in expert_names(experts, number):
                    if name not in self.names:
                        folder = self.checkpoint.folder
                        raise WeightsMissing(
                            f"{folder}: no tensor {name}; the checkpoint is incomplete"
                        )

    def load_expert_into_slot(
        self, slots: ExpertSlots, slot: int, experts: str, number: int
    ) -> None:
        """Reads an expert into a slot. Raises WeightsMissing, WeightsMismatch: the file is
        named.
        """
        reads = BatchedReads(self._files)
        slots.write_expert(slot, *self._matrices(experts, number, reads))
        reads.run()

    def announce_reads(self, experts: str, number: int) -> None:
        """Lets the system begin to read an expert that is wanted soon, where its place is known."""
        if isinstance(self.checkpoint, GgufCheckpoint) or not self.packed:
            return
        names = expert_names(experts, number)
        self._files.announce_reads(
            entry for name in names for entry in self.checkpoint.parts(name).values()
        )

    def _matrices(self, experts: str, number: int, reads: BatchedReads) -> Triple:
        """gate [inner, hidden], up [inner, hidden] and down [hidden, inner], once `reads` have
        run.
        """
        inner = self.config.moe_intermediate_size
        hidden = self.config.hidden_size
        names = expert_names(experts, number)
        shapes = ((inner, hidden), (inner, hidden), (hidden, inner))
        if names[2] in self.names:
            gate, up, down = (
                self._matrix(name, shape, reads) for name, shape in zip(names, shapes, strict=True)
            )
            return gate, up, down
        gate_up = self._member_of_stack(f"{experts}.gate_up_proj", number, (2 * inner, hidden))
        down_proj = self._member_of_stack(f"{experts}.down_proj", number, (hidden, inner))
        return (
            ExpertMatrix.from_matrix(gate_up[:inner]),
            ExpertMatrix.from_matrix(gate_up[inner:]),
            ExpertMatrix.from_matrix(down_proj),
        )

    def _matrix(self, name: str, shape: tuple[int, int], reads: BatchedReads) -> ExpertMatrix:
        if not self.packed:
            return ExpertMatrix.from_matrix(self.checkpoint.tensor(name, shape, self.dtype))
        if isinstance(self.checkpoint, GgufCheckpoint):
            return ExpertMatrix.from_matrix(self.checkpoint.expert_blocks(name, shape))
        entries = self.checkpoint.parts(name)
        kind = self.names[name]
        where = {part: self._files.locate_tensor(at) for part, at in entries.items()}
        with name_tensor_in_errors(next(iter(entries.values()))):
            forms = {
                part: torch.empty(at.shape, dtype=at.dtype, device="meta")
                for part, at in where.items()
            }
            kind.check(forms, shape)
            if kind is GROUPED:
                return _grouped_matrix(entries, where, shape, reads)
            at = where["blocks"]
            put = partial(reads.add, entries["blocks"])
            return ExpertMatrix(
                [ExpertTensor(at.shape, at.dtype, 0, put)], GGUF_BLOCKS[blocks.KIND]
            )

    def _member_of_stack(self, name: str, number: int, shape: tuple[int, int]) -> Tensor:
        """The other experts' pages are not touched."""
        assert isinstance(self.checkpoint, Checkpoint)
        return self.checkpoint.member_of_stack(
            name, number, (self.config.num_experts, *shape), self.dtype
        )


def _grouped_matrix(
    entries: Mapping[str, TensorSource],
    where: Mapping[str, TensorLocation],
    shape: tuple[int, int],
    reads: BatchedReads,
) -> ExpertMatrix:
    """A file has scales by rows, a PackedMatrix by columns."""
    q = where["q"]
    scale = where["scale"]
    if scale.shape[1] * GROUP != shape[1]:
        raise BadParts(
            f"has {scale.shape[1]} scales a row, a matrix of {shape} needs {shape[1] // GROUP}"
        )
    turned = scale.shape[1], scale.shape[0]
    parts = [ExpertTensor(q.shape, q.dtype, 0, partial(reads.add, entries["q"]))]
    for name in ("scale", "zero"):
        parts.append(
            ExpertTensor(turned, where[name].dtype, 1, partial(reads.add_transposed, entries[name]))
        )
    return ExpertMatrix(parts)


def load_expert_banks(
    network: Network,
    folder: Path,
    dtype: torch.dtype,
    known: Network | None,
    *,
    budget: int | None,
    packed: bool,
) -> dict[str, ExpertBank]:
    """Banks for the experts of a network, by the names of their modules; none where they are to be
    stacked in memory.

    They share a pool of at most `budget` bytes, that of `known`, the lower part of the same
    checkpoint, where it has one. `packed`: experts in few bits stay so, and are pooled without a
    budget too. Raises NoMemory: not one fits; WeightsMissing: one is not in the folder.
    """
    layers = list(network.expert_modules())
    before = known.expert_banks() if known is not None else {}
    pool = None if known is None else expert_pool(known)
    if not layers or not (pool or packed or budget is not None):
        return {}
    if pool is None:
        source = ExpertSource(open_checkpoint(folder), network.config, dtype, packed=packed)
        if not source.packed and budget is None:
            return {}
        room = available_memory_bytes() // MEMORY_SHARE if budget is None else budget
        source.check_experts_present(layers)
        most = sparse_layer_count(network.config) * network.config.num_experts
        pool = ExpertPool(
            source, ExpertSlots(room, source.largest_expert_bytes(layers), most), most
        )
    pool.source.check_experts_present(name for name in layers if name not in before)
    held = pool.experts_at_once
    bits = pool.source.packed
    return {name: before.get(name) or PooledExperts(pool, name, held, bits) for name in layers}


def default_expert_budget(config: HybridConfig, dtype: torch.dtype) -> int | None:
    """Bytes of a pool for the experts: DOCQA_EXPERT_MEMORY, else half of the memory that is
    available, None where all fit in that. Raises ConfigUnsupported: DOCQA_EXPERT_MEMORY is no
    number of bytes."""
    if not config.num_experts:
        return None
    if said := os.environ.get(MEMORY_VARIABLE):
        if (given := parse_byte_size(said)) is None:
            raise ConfigUnsupported(
                f"{MEMORY_VARIABLE} = {said!r} is not a size; write it as 9GiB, or in bytes"
            )
        return given
    one = 3 * config.moe_intermediate_size * config.hidden_size * dtype.itemsize
    room = available_memory_bytes() // MEMORY_SHARE
    return None if sparse_layer_count(config) * config.num_experts * one <= room else room


def expert_pool(network: Network) -> ExpertPool | None:
    """The pool of a network's experts, or None."""
    return next(
        (bank.pool for bank in network.expert_banks().values() if isinstance(bank, PooledExperts)),
        None,
    )
