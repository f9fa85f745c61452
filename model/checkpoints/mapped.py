"""A safetensors file as numpy arrays in the mapped file: what is not looked at is not read."""

import json
import mmap
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from docqa.model.errors import WeightsMismatch, weight_file_errors

_DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U8": np.uint8,
    "BOOL": np.bool_,
}
_LENGTH = 8  # bytes of the header's size, in front of it


class MappedTensors:
    """The tensors of one file; `metadata`: what it says about itself."""

    def __init__(self, path: Path) -> None:
        """Raises WeightsMissing, WeightsMismatch: the file is absent or no safetensors file."""
        self.path = path
        damage = OSError, ValueError, TypeError, AttributeError, KeyError, IndexError
        with weight_file_errors(path, damage), path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            size = int.from_bytes(self._bytes[:_LENGTH], "little")
            header: dict[str, Any] = json.loads(self._bytes[_LENGTH : _LENGTH + size])
            self.metadata: dict[str, str] = header.pop("__metadata__", None) or {}
            self._start = _LENGTH + size
            self._entries = {name: _Entry(**about) for name, about in header.items()}
            longest = max((entry.data_offsets[1] for entry in self._entries.values()), default=0)
        if self._start + longest != len(self._bytes):
            raise WeightsMismatch(
                f"{path} is damaged (its size is not what it says); get the model folder again"
            )

    def tensor_locations(self) -> dict[str, tuple[int, str, tuple[int, ...]]]:
        """Every tensor's first byte, its dtype as the file calls it, and its shape."""
        return {
            name: (self._start + at.data_offsets[0], at.dtype, at.shape)
            for name, at in self._entries.items()
        }

    def array(self, name: str) -> np.ndarray:
        """A tensor in the file, read-only; bfloat16 as a float32 copy. Raises WeightsMismatch."""
        entry = self._entries.get(name)
        if not entry:
            raise WeightsMismatch(
                f"{self.path}: there is no tensor {name}; get the model folder again"
            )
        start, end = entry.data_offsets
        try:
            dtype = np.dtype(np.uint16 if entry.dtype == "BF16" else _DTYPES[entry.dtype])
            count = (end - start) // dtype.itemsize
            found = np.frombuffer(self._bytes, dtype, count, self._start + start).reshape(
                entry.shape
            )
        except (KeyError, ValueError) as error:
            raise WeightsMismatch(
                f"{self.path}: tensor {name} is damaged ({error}); get the folder again"
            ) from error
        return (found.astype(np.uint32) << 16).view(np.float32) if entry.dtype == "BF16" else found


class _Entry:
    def __init__(self, dtype: str, shape: list[int], data_offsets: list[int]) -> None:
        self.dtype, self.shape, (first, last) = dtype, tuple(map(int, shape)), data_offsets
        self.data_offsets = int(first), int(last)
        if not 0 <= first <= last:
            raise ValueError(f"a tensor from {first} to {last}")


def load_stored_arrays(path: Path, kind: type[Any], what: str, *, beside: str = "\0") -> Any:
    """A `kind`, a data class, of the tensors that are called as its fields, float32, of a file that
    else has those that begin with `beside`; None without a file. Raises WeightsMismatch.
    """
    if not path.is_file():
        return None
    names = [field.name for field in fields(kind)]
    stored = MappedTensors(path)
    if differing := set(names) ^ {
        name for name in stored.tensor_locations() if not name.startswith(beside)
    }:
        raise WeightsMismatch(
            f"{path}: this is not {what} ({', '.join(sorted(differing))}); fetch the folder again"
        )
    return kind(**{name: np.asarray(stored.array(name), np.float32) for name in names})
