"""Tensors of files as the native kernels read them: packed matrices left in the file, all else in
float32.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from docqa.kernels.cpu.arrays import PackedMatrix
from docqa.model.checkpoints.mapped import MappedTensors
from docqa.model.checkpoints.weights import PARTS, plain_name
from docqa.model.errors import WeightsMismatch, WeightsMissing


class FolderTensors:
    """The tensors of some safetensors files, by their names without a family's prefix."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Raises WeightsMissing, WeightsMismatch: a file is absent or damaged, or two have the same
        tensor.
        """
        self._where = files[0].parent if files else Path()
        self._entries: dict[str, tuple[MappedTensors, str]] = {}
        self.metadata: dict[str, str] = {}
        for path in files:
            mapped = MappedTensors(path)
            self.metadata = self.metadata or mapped.metadata
            for key in mapped.tensor_locations():
                name = plain_name(key)
                if name is not None and name in self._entries:
                    raise WeightsMismatch(
                        f"{path}: tensor {key} is also in {self._entries[name][0].path}"
                    )
                if name is not None:
                    self._entries[name] = mapped, key

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def matrix(self, name: str, shape: tuple[int, int]) -> PackedMatrix:
        """A packed matrix. Raises WeightsMissing, WeightsMismatch: it is not there, or has another
        shape.
        """
        try:
            found = PackedMatrix.from_parts(*(self._load_array(name + part) for part in PARTS))
        except ValueError as error:
            raise WeightsMismatch(
                f"{self._file_with_tensor(name + PARTS[0])}: {name}: {error}; get the folder again"
            ) from error
        if found.shape != shape:
            raise WeightsMismatch(
                f"{self._file_with_tensor(name + PARTS[0])}: {name} is {found.shape}, expected {shape}"
            )
        return found

    def dense(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """A tensor in float32, in order. Raises as `matrix`."""
        found = self._load_array(name)
        if found.shape != shape or found.dtype.kind != "f":
            raise WeightsMismatch(
                f"{self._file_with_tensor(name)}: {name} is {found.dtype} {found.shape}, expected {shape}"
            )
        return np.ascontiguousarray(found, np.float32)

    def _load_array(self, name: str) -> np.ndarray:
        if name not in self._entries:
            raise WeightsMissing(
                f"{self._where}: there is no tensor {name}; get the model folder again"
            )
        file, key = self._entries[name]
        return file.array(key)

    def _file_with_tensor(self, name: str) -> Path:
        return self._entries[name][0].path
