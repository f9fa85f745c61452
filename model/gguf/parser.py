"""One GGUF file taken apart: its metadata, and its tensors memory-mapped.

By llama.cpp's `docs/gguf.md`: a header, (key, type, value) entries, (name, shape, type, offset) of
each tensor, the data. The package `gguf` makes an array of every string: a vocabulary of 150,000
tokens took it a minute.
"""

import struct
from dataclasses import dataclass
from mmap import ACCESS_COPY, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docqa.model.errors import WeightsMismatch

if TYPE_CHECKING:
    from gguf import GGMLQuantizationType
    from numpy import ndarray

MAGIC = b"GGUF"
VERSIONS = (2, 3)
ALIGNMENT = 32  # bytes, where the file names no other
STRING = 8
ARRAY = 9
BOOL = 7
# Of the other value types, the letter that `struct` and numpy both know.
NUMBERS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    BOOL: "?",
    10: "Q",
    11: "q",
    12: "d",
}
PLAIN = {
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
    "I8": "<i1",
    "I16": "<i2",
    "I32": "<i4",
    "I64": "<i8",
}


@dataclass(frozen=True)
class StoredTensor:
    """A tensor as it lies in the file, memory-mapped. `shape`: the slowest axis first, as in torch.
    `data`: of that shape where `tensor_type` is a plain number; else uint8, the last axis the bytes
    of a row of blocks."""

    name: str
    shape: tuple[int, ...]
    tensor_type: "GGMLQuantizationType"
    data: "ndarray"


class GgufParser:
    """`metadata` by key and `tensors` by name, of the file at `path`. Raises WeightsMismatch:
    damaged, cut off, or with a tensor of an unknown type."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.at = 0
        try:
            with path.open("rb") as file:
                # Nobody writes there, and nothing written would reach the file; torch asks for
                # memory that could be.
                self.content = mmap(file.fileno(), 0, access=ACCESS_COPY)
            self.metadata, self.tensors = self._parse_file()
        except (
            OSError,
            ValueError,
            IndexError,
            TypeError,
            OverflowError,
            MemoryError,
            struct.error,
        ) as error:
            raise WeightsMismatch(
                f"{path} is damaged or cut off ({error}); get the file again"
            ) from error

    def _parse_file(self) -> tuple[dict[str, Any], dict[str, StoredTensor]]:
        magic, (version,) = self._take_bytes(4), self._unpack_numbers("I")
        if magic != MAGIC or version not in VERSIONS:
            raise ValueError(
                f"it begins with {magic!r} and version {version}, GGUF of version 2 or 3 is expected"
            )
        tensors, entries = self._unpack_numbers("QQ")
        self._check_bytes_left(tensors + entries)
        metadata = {}
        for _ in range(entries):
            key, (kind,) = self._parse_text(), self._unpack_numbers("I")
            metadata[key] = self._parse_value(kind)
        found = [(self._parse_text(), *self._parse_tensor_entry()) for _ in range(tensors)]
        step = int(metadata.get("general.alignment", ALIGNMENT))
        start = -(-self.at // step) * step
        return metadata, {
            name: self._map_tensor(name, shape, kind, start + at) for name, shape, kind, at in found
        }

    def _take_bytes(self, count: int) -> bytes:
        found = self.content[self.at : self.at + count]
        if len(found) < count:
            raise ValueError(f"{count} bytes are expected at {self.at}, {len(found)} are there")
        self.at += count
        return found

    def _unpack_numbers(self, form: str) -> tuple[int, ...]:
        found = struct.unpack_from(f"<{form}", self.content, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def _check_bytes_left(self, count: int) -> None:
        """Whether so many things of a byte each can still come; a damaged count would fill the
        memory.
        """
        if count > len(self.content) - self.at:
            raise ValueError(
                f"{count} entries are announced at {self.at}, of {len(self.content)} bytes"
            )

    def _parse_text(self) -> str:
        (size,) = self._unpack_numbers("Q")
        return self._take_bytes(size).decode("utf-8", "replace")

    def _parse_value(self, kind: int) -> Any:
        if kind == STRING:
            return self._parse_text()
        if kind == ARRAY:
            return self._parse_array()
        if kind not in NUMBERS:
            raise ValueError(f"value type {kind} at {self.at} is not known")
        return self._unpack_numbers(NUMBERS[kind])[0]

    def _parse_array(self) -> list[Any]:
        import numpy

        kind, count = self._unpack_numbers("IQ")
        self._check_bytes_left(count)
        if kind == STRING:
            return self._parse_texts(count)
        if kind not in NUMBERS:
            return [self._parse_value(kind) for _ in range(count)]
        form = numpy.dtype(f"<{NUMBERS[kind]}")
        return list(numpy.frombuffer(self._take_bytes(count * form.itemsize), form).tolist())

    def _parse_texts(self, count: int) -> list[str]:
        """As `_parse_text`, `count` times; most of the time of opening a file is spent here."""
        content = self.content
        at = self.at
        size_at = struct.Struct("<Q").unpack_from
        found = []
        for _ in range(count):
            end = at + 8 + size_at(content, at)[0]
            found.append(content[at + 8 : end].decode("utf-8", "replace"))
            at = end
        if at > len(content):
            raise ValueError(f"{at} bytes are expected, {len(content)} are there")
        self.at = at
        return found

    def _parse_tensor_entry(self) -> tuple[tuple[int, ...], int, int]:
        """Shape (the file has the fastest axis first), type and offset of a tensor."""
        (axes,) = self._unpack_numbers("I")
        shape = self._unpack_numbers(f"{axes}Q")
        kind, offset = self._unpack_numbers("IQ")
        return shape[::-1], kind, offset

    def _map_tensor(self, name: str, shape: tuple[int, ...], kind: int, start: int) -> StoredTensor:
        import numpy
        from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

        if kind not in {known.value for known in GGMLQuantizationType}:
            raise ValueError(f"{name} is of type {kind}, which is not known")
        form = GGMLQuantizationType(kind)
        values, size = GGML_QUANT_SIZES[form]
        if not shape or shape[-1] % values:
            raise ValueError(f"{name} of {shape} cannot be in blocks of {values}")
        plain = numpy.dtype(PLAIN.get(form.name, "u1"))
        held = shape if form.name in PLAIN else (*shape[:-1], shape[-1] // values * size)
        count = int(numpy.prod(held, dtype=object))
        if start + count * plain.itemsize > len(self.content):
            raise ValueError(f"{name} ends behind the file's {len(self.content)} bytes")
        return StoredTensor(
            name, shape, form, numpy.frombuffer(self.content, plain, count, start).reshape(held)
        )
