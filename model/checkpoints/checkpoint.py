"""A checkpoint's tensors as numbers: dequantized, checked, and put together as the network needs
them. Every difference between folder and architecture is an error that names the file and the
tensor."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import torch
from torch import Tensor

from docqa.kernels.matmul import GROUP, BlockMatrix, PackedMatrix, StoredMatrix
from docqa.model.config import HybridConfig
from docqa.model.errors import WeightsMismatch, WeightsMissing
from docqa.model.gguf.file import is_gguf

from .formats import (
    BLOCKS,
    GROUPED,
    BadParts,
    Parts,
    Quantization,
    TensorFormat,
    blocks,
    tensor_formats,
)
from .gguf.checkpoint import GgufCheckpoint
from .layout import Recipe, recipe_for
from .weights import (
    SafetensorsFile,
    TensorSource,
    find_tensors,
    open_safetensors,
)

# What decides decays, gates and the choice of experts: never in less than float32, whatever the
# compute dtype.
KEPT_WIDE = ("A_log", "dt_bias", "norm.weight", "mlp.gate.weight")
DIMS_NAMED = 3


class Checkpoint(AbstractContextManager["Checkpoint"]):
    """The tensors of a folder by plain name, dequantized when read; a context manager, which keeps
    files open. `names`: what the architecture calls them, and how each is stored. Raises
    ModelNotFound, ConfigUnsupported, WeightsMissing, WeightsMismatch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open = dict[Path, SafetensorsFile]()
        self._files = ExitStack()
        self.entries = find_tensors(folder)
        self.quantization = Quantization.from_folder(folder)
        self.names = tensor_formats(self.entries, self.quantization, folder)

    def __exit__(self, *_: object) -> None:
        self._files.close()
        self._open.clear()

    def parts(self, name: str) -> dict[str, TensorSource]:
        """Where the parts of tensor `name` lie, by their names in the format. Raises
        WeightsMissing.
        """
        kind = self.names.get(name)
        if not kind:
            raise WeightsMissing(f"{self.folder}: no tensor {name}; the checkpoint is incomplete")
        found = {}
        for part, stored in kind.names(name).items():
            if stored in self.entries:
                found[part] = self.entries[stored]
            elif part not in kind.optional:
                raise WeightsMissing(
                    f"{self.folder}: no tensor {stored}, a part of {name}; the checkpoint is incomplete"
                )
        return found

    def raw_parts(self, name: str) -> dict[str, Tensor]:
        """The parts of tensor `name` as stored, memory-mapped."""
        return {
            part: self._open_file(entry.path).get_tensor(entry.key)
            for part, entry in self.parts(name).items()
        }

    def _open_file(self, path: Path) -> SafetensorsFile:
        if path not in self._open:
            self._open[path] = self._files.enter_context(open_safetensors(path))
        return self._open[path]

    @contextmanager
    def name_tensor_in_errors(self, name: str) -> Iterator[None]:
        """Raises WeightsMismatch, naming the tensor, where its parts do not fit."""
        try:
            yield
        except BadParts as error:
            where = next(iter(self.parts(name).values()))
            raise WeightsMismatch(f"{where.path}: {where.key} {error}") from error

    def tensor(self, name: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Tensor `name` in `dtype`. Raises WeightsMissing, WeightsMismatch: another shape, or parts
        do not fit.
        """
        parts = self.raw_parts(name)
        with self.name_tensor_in_errors(name):
            value = self.names[name].dense(parts, shape, self.quantization)
        if tuple(value.shape) != shape:
            where = next(iter(self.parts(name).values()))
            raise WeightsMismatch(
                f"{where.path}: {name} is {tuple(value.shape)}, config.json asks for {shape}"
            )
        return value.to(dtype)

    def check_all_tensors_used(self, used: Collection[str]) -> None:
        """Raises WeightsMismatch, naming one, for tensors neither `used` nor of an MTP module."""
        taken = {stored for name in used for stored in self.names[name].names(name).values()}
        left = set(self.entries) - taken
        unknown = sorted(name for name in left if not name.startswith("mtp."))
        if unknown:
            entry = self.entries[unknown[0]]
            raise WeightsMismatch(
                f"{entry.path}: unknown tensor {entry.key} ({len(unknown)} such); not this architecture?"
            )


def open_checkpoint(folder: Path) -> Checkpoint | GgufCheckpoint:
    """The checkpoint of a folder, safetensors or GGUF. Raises as the two."""
    return GgufCheckpoint(folder) if is_gguf(folder) else Checkpoint(folder)


def load_tensors(
    checkpoint: Checkpoint | GgufCheckpoint,
    expected: Mapping[str, tuple[int, ...]],
    dtype: torch.dtype,
    *,
    config: HybridConfig,
    partial: bool = False,
    known: Collection[str] = (),
) -> dict[str, Tensor]:
    """The tensors of `expected` (plain name to shape), dequantized, in `dtype` (decays and norms in
    float32 at least).

    `partial`: the checkpoint may hold more. `known`: tensors of the network that it holds and that
    are not wanted. Raises WeightsMissing, and WeightsMismatch: a shape differs, or a tensor is
    unknown to the architecture.
    """
    wide = dtype if dtype == torch.float64 else torch.float32
    loaded: dict[str, Tensor] = {}
    used: set[str] = set()
    names = checkpoint.names
    for name, shape in expected.items():
        recipe = recipe_for(name, shape, config, names)
        stored_dtype = wide if name.endswith(KEPT_WIDE) else dtype

        def read(
            source: str, form: tuple[int, ...], stored_dtype: torch.dtype = stored_dtype
        ) -> Tensor:
            return checkpoint.tensor(source, form, stored_dtype)

        loaded[name] = recipe.build(read).contiguous()
        used.update(source for source, _ in recipe.sources)
    if not partial:
        for name in known:
            used.update(
                source for source, _ in recipe_for(name, (0,) * DIMS_NAMED, config, names).sources
            )
        checkpoint.check_all_tensors_used(used)
    return loaded


def packed_matrices(
    checkpoint: Checkpoint | GgufCheckpoint,
    expected: Mapping[str, tuple[int, ...]],
    config: HybridConfig,
) -> dict[str, StoredMatrix]:
    """Those of `expected` (plain name to shape) that a checkpoint holds quantized, memory-mapped as
    they are. Raises as `load_tensors`."""
    packed: dict[str, StoredMatrix] = {}
    for name, shape in expected.items():
        recipe = recipe_for(name, shape, config, checkpoint.names)
        if len(recipe.sources) == 1 and len(shape) == 2 and not name.endswith(KEPT_WIDE):
            matrix = packed_matrix(checkpoint, recipe)
            if matrix:
                packed[name] = matrix
    return packed


def packed_matrix(checkpoint: Checkpoint | GgufCheckpoint, recipe: Recipe) -> StoredMatrix | None:
    """The matrix of a recipe of one source, in its bits; None where nothing computes with these."""
    ((source, shape),) = recipe.sources
    if isinstance(checkpoint, GgufCheckpoint):
        lying = checkpoint.blocks(source, shape)
        return lying if not lying or recipe.rows is None else lying.select_rows(recipe.rows)
    kind = checkpoint.names.get(source)
    if not kind or kind not in (GROUPED, BLOCKS) or shape[1] % GROUP:
        return None
    try:
        with checkpoint.name_tensor_in_errors(source):
            matrix = matrix_from_stored_parts(
                kind, checkpoint.raw_parts(source), shape, recipe.rows
            )
    except ValueError:  # groups of another size than those that are computed
        return None
    return matrix if matrix.shape[1] == shape[1] else None


def matrix_from_stored_parts(
    kind: TensorFormat, parts: Parts, shape: tuple[int, ...], rows: Tensor | None = None
) -> StoredMatrix:
    """A matrix in one of docqa's own formats, of its parts in a file, of `rows` or all. Raises
    BadParts: the parts do not fit one another or `shape`."""
    kind.check(parts, shape)
    taken = {name: part if rows is None else part[rows] for name, part in parts.items()}
    if kind is BLOCKS:
        return BlockMatrix.from_bytes(taken["blocks"], blocks.KIND)
    return PackedMatrix.from_parts(taken["q"], taken["scale"], taken["zero"])
