"""Checkpoint folders: which tensors they hold, read into memory by the names of the architecture.

A folder is config.json beside one safetensors file, or several with model.safetensors.index.json. Tensors are bf16,
fp16 or fp32, or group-quantized in docqa's own way (quantize.py). Every difference between what a folder holds and what
the architecture needs is an error that names the file and the tensor.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from docqa.kernels.products import GROUP, PackedMatrix
from docqa.model.errors import ModelNotFound, WeightsMismatch, WeightsMissing

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
HEAD_FILES = ("evidence.safetensors", "span.safetensors")  # what is kept beside a state depends on them
PREFIXES = ("model.language_model.", "language_model.model.", "model.")
SKIPPED = ("model.visual.", "visual.", "vision_tower.")  # the picture half of a vision checkpoint
QUANTIZED_PARTS = (".q", ".scale", ".zero")
# Vectors that decide decays and gates: never in less than float32, whatever the compute dtype.
KEPT_WIDE = ("A_log", "dt_bias", "norm.weight")


@dataclass(frozen=True)
class Entry:
    """Where one tensor lies: its file and its name there."""

    path: Path
    key: str


def plain_name(key: str) -> str | None:
    """A tensor's name without its family's prefix; None for tensors of the picture half, which are not read."""
    if key.startswith(SKIPPED):
        return None
    if key.startswith("model.mtp."):
        return key.removeprefix("model.")
    for prefix in PREFIXES:
        if key.startswith(prefix):
            return key.removeprefix(prefix)
    return key


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """One safetensors file, memory-mapped.

    Raises:
        WeightsMissing, WeightsMismatch: the file is absent or no safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError as error:
        raise WeightsMissing(f"{path} is missing; get the model folder again") from error
    except (SafetensorError, OSError) as error:
        raise WeightsMismatch(f"{path} is damaged ({error}); get the model folder again") from error


def head_tensors(path: Path) -> dict[str, Tensor] | None:
    """All tensors of a head's file, as they are stored; None where a checkpoint has no such head.

    Raises:
        WeightsMismatch: the file is damaged.
    """
    if not path.is_file():
        return None
    with opened(path) as file:
        return {name: file.get_tensor(name) for name in list(file.keys())}


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a folder, sorted by name.

    Raises:
        ModelNotFound: no such folder. WeightsMissing: it holds no weights, or not all its index names.
    """
    if not folder.is_dir():
        raise ModelNotFound(f"there is no model folder {folder}; see `docqa models list`")
    index = folder / INDEX
    if index.is_file():
        try:
            names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        except (ValueError, KeyError, AttributeError) as error:
            raise WeightsMismatch(f"{index} is not readable ({error}); get the model folder again") from error
        files = [folder / Path(name).name for name in names]
        for path in files:
            if not path.is_file():
                raise WeightsMissing(f"{path} is missing, {INDEX} names it; get the model folder again")
        return files
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    raise WeightsMissing(f"{folder} holds neither {SINGLE} nor {INDEX}; it is no model folder, or not all of one")


def find_tensors(folder: Path) -> dict[str, Entry]:
    """Every tensor of the text model by its plain name."""
    found: dict[str, Entry] = {}
    for path in weight_files(folder):
        with opened(path) as file:
            for key in list(file.keys()):
                name = plain_name(key)
                if name is None:
                    continue
                if name in found:
                    raise WeightsMismatch(f"{path}: tensor {key} stands also in {found[name].path}")
                found[name] = Entry(path, key)
    return found


def fingerprint(folder: Path) -> str:
    """sha256 over config.json, the weight files and those of the heads: equal for equal weights, wherever they lie."""
    total = hashlib.sha256((folder / "config.json").read_bytes())
    for path in [*weight_files(folder), *(folder / name for name in HEAD_FILES if (folder / name).is_file())]:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def load_tensors(
    folder: Path,
    expected: Mapping[str, tuple[int, ...]],
    dtype: torch.dtype,
    *,
    partial: bool = False,
    known: Collection[str] = (),
) -> dict[str, Tensor]:
    """The tensors of `expected` (plain name to shape), dequantized, in `dtype` (decays and norms in float32 at least).

    `partial`: the folder may hold more. `known`: plain names that it holds and that are not wanted.

    Raises:
        WeightsMissing: a tensor is not there.
        WeightsMismatch: a shape differs, or a tensor is left over that the architecture does not know.
    """
    found = find_tensors(folder)
    loaded: dict[str, Tensor] = {}
    taken: set[str] = set()
    with _Files() as files:
        for name, shape in expected.items():
            parts = [name] if name in found else [name + suffix for suffix in QUANTIZED_PARTS]
            for part in parts:
                if part not in found:
                    raise WeightsMissing(f"{folder}: no tensor {name} (nor {part}); the checkpoint is incomplete")
            taken.update(parts)
            tensors = [files.read(found[part]) for part in parts]
            value = tensors[0]
            if len(parts) > 1:
                value = _dequantized(*tensors, shape=shape, where=found[name + ".q"], dtype=dtype)
            if tuple(value.shape) != shape:
                raise WeightsMismatch(
                    f"{found[parts[0]].path}: {name} is {tuple(value.shape)}, config.json asks for {shape}"
                )
            wide = dtype if dtype == torch.float64 else torch.float32
            loaded[name] = value.to(wide if name.endswith(KEPT_WIDE) else dtype).contiguous()
    taken.update(name + suffix for name in known for suffix in ("", *QUANTIZED_PARTS))
    unknown = sorted(n for n in set(found) - taken if not n.startswith("mtp."))
    if unknown and not partial:
        entry = found[unknown[0]]
        raise WeightsMismatch(f"{entry.path}: unknown tensor {entry.key} ({len(unknown)} such); not this architecture?")
    return loaded


def packed_matrices(folder: Path, expected: Mapping[str, tuple[int, ...]]) -> dict[str, PackedMatrix]:
    """Those of `expected` (plain name to shape) that the folder holds quantized, memory-mapped and left as they are.

    Raises:
        WeightsMissing, WeightsMismatch: as `load_tensors`.
    """
    found = find_tensors(folder)
    packed: dict[str, PackedMatrix] = {}
    with _Files() as files:
        for name, shape in expected.items():
            parts = [name + suffix for suffix in QUANTIZED_PARTS]
            if name in found or parts[0] not in found:
                continue
            for part in parts:
                if part not in found:
                    raise WeightsMissing(f"{folder}: no tensor {part}; the checkpoint is incomplete")
            q, scale, zero = (files.read(found[part]) for part in parts)
            _check_packed(q, scale, zero, shape=shape, where=found[parts[0]])
            if shape[1] == scale.shape[1] * GROUP:
                packed[name] = PackedMatrix.of(q, scale, zero)
    return packed


def _dequantized(
    quantized: Tensor, scale: Tensor, zero: Tensor, *, shape: tuple[int, ...], where: Entry, dtype: torch.dtype
) -> Tensor:
    """A quantized matrix in `dtype`; its shape is checked before any arithmetic."""
    from docqa.model.quantize import dequantize

    _check_packed(quantized, scale, zero, shape=shape, where=where)
    return dequantize(quantized, scale, zero, dtype)


def _check_packed(quantized: Tensor, scale: Tensor, zero: Tensor, *, shape: tuple[int, ...], where: Entry) -> None:
    rows, columns = shape
    packed = quantized.shape == (rows, columns // 2) and quantized.dtype == torch.uint8
    if not packed and not (quantized.shape == (rows, columns) and quantized.dtype == torch.int8):
        have = f"{quantized.dtype} {tuple(quantized.shape)}"
        raise WeightsMismatch(f"{where.path}: {where.key} is {have}, for a matrix of {shape}")
    if scale.shape != zero.shape or scale.shape[0] != rows or columns % max(scale.shape[1], 1):
        raise WeightsMismatch(f"{where.path}: scale and zero of {where.key} do not fit a matrix of {shape}")


class _Files:
    """Keeps each safetensors file of a folder open while its tensors are read."""

    def __init__(self) -> None:
        self._open: dict[Path, tuple[Any, Any]] = {}

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        for manager, _file in self._open.values():
            manager.__exit__(None, None, None)

    def read(self, entry: Entry) -> Tensor:
        if entry.path not in self._open:
            manager = opened(entry.path)
            self._open[entry.path] = (manager, manager.__enter__())
        tensor: Tensor = self._open[entry.path][1].get_tensor(entry.key)
        return tensor
