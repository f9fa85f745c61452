"""Tables of n-gram embeddings that stay on disk: the rows that a text asks for are read, whatever the table's size.

A checkpoint has a table in one tensor or in several, one behind the other. They are memory-mapped, plain or in docqa's
own formats, and only the pages of rows that are asked for come into memory, which the system may take back. It is told
not to read ahead: with that, 1,600 rows of a file of 1.9 GB took 5.9 s instead of 0.1, and 120 MB instead of 25.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor

from docqa.kernels.matmul import StoredMatrix
from docqa.model.architectures.ngram_embedding import NgramTable
from docqa.model.checkpoints.checkpoint import HASH_PARTS, Checkpoint, packed_matrix
from docqa.model.checkpoints.formats import PLAIN
from docqa.model.checkpoints.gguf.checkpoint import GgufCheckpoint
from docqa.model.checkpoints.layout import TABLE, Recipe, recipe_for
from docqa.model.config import HybridConfig
from docqa.model.errors import ConfigUnsupported, WeightsMismatch
from docqa.model.network import Network


class MappedRows:
    """Rows of one table, in `dtype`; `parts`: matrices [rows, width] that make it up, one behind the other."""

    def __init__(self, parts: Sequence[Tensor | StoredMatrix], dtype: torch.dtype) -> None:
        self._parts, self._dtype, self._width = parts, dtype, parts[0].shape[1]
        self._ends = torch.tensor(list(accumulate(part.shape[0] for part in parts)))

    def rows(self, numbers: Tensor) -> Tensor:
        """Rows `numbers` [count] of the table, [count, width]; one that is asked for twice is read once."""
        wanted, places = numbers.unique(return_inverse=True)  # ascending
        out = torch.empty(len(wanted), self._width, dtype=self._dtype)
        ends = [0, *torch.searchsorted(wanted, self._ends).tolist()]
        for number, part in enumerate(self._parts):
            here = slice(ends[number], ends[number + 1])
            if here.start < here.stop:
                inside = wanted[here] - (self._ends[number] - part.shape[0])
                out[here] = (part[inside] if isinstance(part, Tensor) else part.dense(inside)).to(self._dtype)
        return out[places]


def tables_of(network: Network) -> dict[str, NgramTable]:
    """The modules of a network that look up n-grams, by name."""
    return {name: module for name, module in network.named_modules() if isinstance(module, NgramTable)}


def table_names(network: Network) -> set[str]:
    """Names of the tensors that are tables."""
    return {f"{name}.{TABLE}" for name in tables_of(network)}


def attach_tables(
    network: Network, checkpoint: Checkpoint | GgufCheckpoint, config: HybridConfig, dtype: torch.dtype
) -> None:
    """Let a network read its n-gram rows, in `dtype`, from a checkpoint's files, which stay mapped.

    Raises:
        WeightsMissing, WeightsMismatch: a table is not there or not as large as config.json says, or the checkpoint
            hashes n-grams otherwise. ConfigUnsupported: a table is quantized in a way that no single row is read of.
    """
    for name, module in tables_of(network).items():
        assert isinstance(checkpoint, Checkpoint)  # config.json of such a network comes from no GGUF file
        _check_hash(checkpoint, name, module)
        recipe = recipe_for(f"{name}.{TABLE}", tuple(module.ngram_embedding.weight.shape), config, checkpoint.names)
        module.attach(MappedRows([_part(checkpoint, *source) for source in recipe.sources], dtype))


def _part(checkpoint: Checkpoint, name: str, shape: tuple[int, ...]) -> Tensor | StoredMatrix:
    """One tensor of a table, left where it lies."""
    parts = checkpoint.raw(name)
    for part in parts.values():
        _read_singly(part)
    where = next(iter(checkpoint.parts(name).values()))
    packed = packed_matrix(checkpoint, Recipe(((name, shape),), lambda read: read(name, shape)))
    if packed is not None:
        return packed  # of the same pages
    if checkpoint.names[name] is not PLAIN or not parts["weight"].is_floating_point():
        raise ConfigUnsupported(f"{where.path}: {where.key} is quantized in a way that docqa reads no single rows of")
    if tuple(parts["weight"].shape) != shape:
        raise WeightsMismatch(
            f"{where.path}: {where.key} is {tuple(parts['weight'].shape)}, config.json asks for {shape}"
        )
    return parts["weight"]


def _read_singly(mapped: Tensor) -> None:
    """Tell the system that pages of a mapped tensor are asked for one by one; where it cannot be told, nothing is."""
    if not hasattr(mmap, "MADV_RANDOM"):
        return
    first = -(-mapped.data_ptr() // mmap.PAGESIZE) * mmap.PAGESIZE
    size = (mapped.data_ptr() + mapped.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE - first
    if size > 0:  # a refusal costs time alone
        ctypes.CDLL(None).madvise(ctypes.c_void_p(first), ctypes.c_size_t(size), mmap.MADV_RANDOM)


def _check_hash(checkpoint: Checkpoint, name: str, module: NgramTable) -> None:
    """What a checkpoint says of how n-grams are hashed is what follows from its config.json."""
    sizes = module.sizes.sizes(module.layer)
    offsets = [0, *accumulate(sizes)][: len(sizes)]
    wanted = (module.sizes.multipliers(module.layer, module.vocabulary), sizes, offsets)
    for part, numbers in zip(HASH_PARTS, wanted, strict=True):
        if f"{name}.{part}" not in checkpoint.names:
            continue
        found = next(iter(checkpoint.raw(f"{name}.{part}").values()))
        if found.tolist() != list(numbers):
            where = next(iter(checkpoint.parts(f"{name}.{part}").values()))
            raise WeightsMismatch(
                f"{where.path}: {where.key} is not what seed, vocab_size and ngram_vocab_size_base of config.json make"
            )
