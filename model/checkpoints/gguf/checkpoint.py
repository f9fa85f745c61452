"""A GGUF file read as a checkpoint: its tensors by a checkpoint's names, its conventions undone."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from docqa.kernels.gguf_matmul import BLOCKS, BlockMatrix, UnknownBlock
from docqa.model.config import HybridConfig
from docqa.model.errors import WeightsMismatch, WeightsMissing
from docqa.model.gguf.file import GgufFile, open_gguf
from docqa.model.gguf.names import (
    EXPERT_NAMES,
    GATE_UP_EXPERTS,
    MTP_NAMES,
    OLD_TOGETHER,
    ROPE_FACTORS,
    TOP_NAMES,
)
from docqa.model.gguf.parser import StoredTensor

from .conventions import Change, change_to_checkpoint_layout, keep_tensor, row_order_in_file


@dataclass(frozen=True)
class _GgufSource:
    """A tensor of the file, or one expert of it, and what turns it into the checkpoint's; `rows`:
    their order there, where that is all that differs."""

    stored: str
    undo: Change = keep_tensor
    expert: int | None = None
    rows: Tensor | None = None


def has_experts_in_blocks(file: GgufFile) -> bool:
    """Whether a file has experts, all in blocks that products take, gate and up of a layer in the
    same.
    """
    kinds = {
        name: tensor.tensor_type.name for name, tensor in file.tensors.items() if "_exps." in name
    }
    gate = EXPERT_NAMES["gate"]
    up = EXPERT_NAMES["up"]
    alike = all(
        kinds[name] == kinds.get(name.replace(gate, up)) for name in kinds if name.endswith(gate)
    )
    return bool(kinds) and alike and all(kind in BLOCKS for kind in kinds.values())


class GgufCheckpoint(AbstractContextManager["GgufCheckpoint"]):
    """The tensors of a GGUF file; see `Checkpoint`, whose members for reading it has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = open_gguf(folder)
        self.config = HybridConfig.from_dict(self.file.config())
        self.names: dict[str, _GgufSource] = {}
        for stored in self.file.tensors:
            self.names |= self._sources_in(stored)

    def __exit__(self, *_: object) -> None:
        pass

    def tensor(self, name: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Tensor `name` in `dtype`. Raises WeightsMissing, and WeightsMismatch: another shape, or
        an unknown type.
        """
        from gguf import quants

        part, tensor, where = self._find_source(name)
        try:
            data = tensor.data if part.expert is None else tensor.data[part.expert]
            raw = quants.dequantize(data, tensor.tensor_type)
            value = part.undo(torch.from_numpy(raw if raw.flags.writeable else raw.copy()))
            value = value if part.rows is None else value[part.rows]
        except NotImplementedError as error:
            raise WeightsMismatch(
                f"{where} is of type {tensor.tensor_type.name}, which cannot be read"
            ) from error
        except (RuntimeError, IndexError, ValueError) as error:
            raise WeightsMismatch(
                f"{where} does not fit what the metadata say of the model ({error})"
            ) from error
        _check_shape(where, name, tuple(value.shape), shape)
        return value.to(dtype)

    def blocks(self, name: str, shape: tuple[int, ...]) -> BlockMatrix | None:
        """Matrix `name` in the blocks of the file, memory-mapped, or a copy where rows are
        reordered; None where it is stored otherwise, or columns are, for `tensor`. Raises
        WeightsMismatch: its shape is not `shape`."""
        if name not in self.names:
            return None
        part, tensor, where = self._find_source(name)
        if part.expert is not None or tensor.tensor_type.name not in BLOCKS:
            return None
        matrix = BlockMatrix.from_bytes(torch.from_numpy(tensor.data), tensor.tensor_type.name)
        _check_shape(where, name, matrix.shape, shape)
        rows = part.rows
        if rows is None:
            rows = row_order_in_file(self.config, name, shape[0])
        if rows is None:
            return None
        return matrix if torch.equal(rows, torch.arange(shape[0])) else matrix.select_rows(rows)

    def expert_blocks(self, name: str, shape: tuple[int, int]) -> BlockMatrix:
        """A matrix of an expert in the blocks of the file. Raises WeightsMissing, and
        WeightsMismatch: its shape is not `shape`, or it is in no known blocks."""
        part, tensor, where = self._find_source(name)
        try:
            data = part.undo(torch.from_numpy(tensor.data[part.expert]))
            matrix = BlockMatrix.from_bytes(data, tensor.tensor_type.name)
        except (UnknownBlock, IndexError, ValueError) as error:
            raise WeightsMismatch(
                f"{where} does not fit what the metadata say of the model ({error})"
            ) from error
        _check_shape(where, name, matrix.shape, shape)
        return matrix

    def _find_source(self, name: str) -> tuple[_GgufSource, StoredTensor, str]:
        """What `name` is in the file, the file's tensor, and its place for errors. Raises
        WeightsMissing.
        """
        part = self.names.get(name)
        if not part:
            raise WeightsMissing(f"{self.file.path}: no tensor {name}; the file is incomplete")
        return part, self.file.tensors[part.stored], f"{self.file.path}: {part.stored}"

    def check_all_tensors_used(self, used: Collection[str]) -> None:
        taken = {self.names[name].stored for name in used} | {ROPE_FACTORS}
        behind = f"blk.{self.config.num_hidden_layers}."
        unknown = sorted(
            name for name in self.file.tensors if name not in taken and not name.startswith(behind)
        )
        if unknown:
            raise WeightsMismatch(
                f"{self.file.path}: unknown tensor {unknown[0]} ({len(unknown)} such); not this architecture?"
            )

    def _sources_in(self, stored: str) -> dict[str, _GgufSource]:
        """The checkpoint's tensors that one of the file stands for; none where it is unknown."""
        form = self.file.family.gguf
        assert form is not None
        block, _, rest = stored.removeprefix("blk.").partition(".")
        names = TOP_NAMES
        if not stored.startswith("blk.") or not block.isdigit():
            rest = stored
        else:
            last = self.config.num_hidden_layers
            prefix = f"layers.{block}." if int(block) < last else f"mtp.layers.{int(block) - last}."
            if rest in (*EXPERT_NAMES.values(), GATE_UP_EXPERTS):
                return self._expert_sources(stored, rest, f"{prefix}mlp.experts")
            if rest == OLD_TOGETHER:
                return {f"{prefix}linear_attn.in_proj_qkvz.weight": _GgufSource(stored)}
            names = {prefix + name: known for name, known in form.layer_names.items()}
            if int(block) == last:
                names |= MTP_NAMES
        return {
            name: _GgufSource(
                stored,
                change_to_checkpoint_layout(self.config, name),
                rows=form.rows(self.config, name),
            )
            for name, known in names.items()
            if known == rest
        }

    def _expert_sources(self, stored: str, rest: str, prefix: str) -> dict[str, _GgufSource]:
        """Every expert as a tensor of its own, so that one is read without the others."""
        numbers = range(self.config.num_experts)
        inner = self.config.moe_intermediate_size
        if rest == GATE_UP_EXPERTS:
            halves: dict[str, Change] = {"gate": lambda x: x[:inner], "up": lambda x: x[inner:]}
        else:
            halves = {half: keep_tensor for half, known in EXPERT_NAMES.items() if known == rest}
        return {
            f"{prefix}.{number}.{half}_proj.weight": _GgufSource(stored, undo, number)
            for number in numbers
            for half, undo in halves.items()
        }


def _check_shape(where: str, name: str, have: tuple[int, ...], shape: tuple[int, ...]) -> None:
    if have != shape:
        raise WeightsMismatch(f"{where} gives {name} of {have}, the metadata expect {shape}")
