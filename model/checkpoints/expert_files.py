"""Parts of packed experts, read out of safetensors files into memory that is there for them.

Nothing is mapped: what is read is in memory once, in the pool, and the system may take back what
else is cached of the files. A mapped file counts as memory of the process wherever writable private
pages are limited.
"""

import os
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from threading import Lock

import torch
from torch import Tensor

from docqa.model.errors import WeightsMismatch, weight_file_errors

from .mapped import MappedTensors
from .weights import TensorSource

DTYPES = {"U8": torch.uint8, "I8": torch.int8, "F16": torch.float16}  # those of docqa's own format


@dataclass(frozen=True)
class TensorLocation:
    """Where a tensor's bytes lie in its file."""

    start: int
    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return torch.Size(self.shape).numel() * self.dtype.itemsize


class ExpertFiles:
    """Reads tensors whole, from several threads; files stay open as long as this lives."""

    def __init__(self) -> None:
        self._headers: dict[Path, dict[str, TensorLocation]] = {}
        self._open: dict[Path, FileIO] = {}
        self._opening = Lock()
        weakref.finalize(self, _close_files, self._open)

    def locate_tensor(self, entry: TensorSource) -> TensorLocation:
        """Where the tensor lies. Raises WeightsMissing, WeightsMismatch: damaged, or numbers of
        another kind.
        """
        if entry.path not in self._headers:
            self._headers[entry.path] = self._load_header(entry.path)
        where = self._headers[entry.path].get(entry.key)
        if where is None:
            raise WeightsMismatch(
                f"{entry.path}: {entry.key} is not stored in groups; get the model folder again"
            )
        return where

    def announce_reads(self, entries: Iterable[TensorSource]) -> None:
        """Lets the system begin to read the tensors at `entries`, if it takes hints. Raises as
        `locate_tensor`.
        """
        if not hasattr(os, "posix_fadvise"):
            return
        places = ((entry, self.locate_tensor(entry)) for entry in entries)
        for run in _adjacent_runs([(entry.path, at.start, at.nbytes) for entry, at in places]):
            path, start, _ = run[0]
            os.posix_fadvise(
                self._open_file(path).fileno(),
                start,
                sum(x[2] for x in run),
                os.POSIX_FADV_WILLNEED,
            )

    def read_into_buffers(self, path: Path, start: int, rooms: Sequence[memoryview]) -> None:
        """Fills `rooms`, one after the other, from byte `start` of a file on. Raises as
        `locate_tensor`.
        """
        with weight_file_errors(path):
            file = self._open_file(path)
            left = list(rooms)
            while left:
                if hasattr(os, "preadv"):  # threads do not wait for one another
                    count = os.preadv(file.fileno(), left, start)
                else:
                    with self._opening:
                        file.seek(start)
                        count = file.readinto(left[0]) or 0
                if not count:
                    raise OSError(f"it ends at byte {start:,}")
                start += count
                while left and count >= len(left[0]):
                    count -= len(left.pop(0))
                if left:
                    left[0] = left[0][count:]

    def _open_file(self, path: Path) -> FileIO:
        with self._opening:
            if path not in self._open:
                self._open[path] = FileIO(path)
            return self._open[path]

    def _load_header(self, path: Path) -> dict[str, TensorLocation]:
        """Where the tensors of a file lie, but for kinds that packed experts are not made of."""
        places = MappedTensors(path).tensor_locations()
        self._open_file(path)  # stays open from here on, whatever becomes of the folder
        return {
            name: TensorLocation(start, DTYPES[dtype], shape)
            for name, (start, dtype, shape) in places.items()
            if dtype in DTYPES
        }


class BatchedReads:
    """What is to be read of the files, done at once: neighbours take one call of the system."""

    def __init__(self, files: ExpertFiles) -> None:
        self.files = files
        self._rooms: dict[tuple[Path, int, int], memoryview] = {}
        self._turned: list[tuple[Tensor, Tensor]] = []

    def add(self, entry: TensorSource, room: Tensor) -> None:
        """The tensor at `entry` into `room`, contiguous and of its shape. Raises as
        `ExpertFiles.locate_tensor`.
        """
        content = room.view(torch.uint8).numpy().reshape(-1).data
        self._rooms[entry.path, self.files.locate_tensor(entry).start, len(content)] = content

    def add_transposed(self, entry: TensorSource, room: Tensor) -> None:
        """As `add`, rows as columns; `room` need not be contiguous."""
        found = torch.empty(room.shape[1], room.shape[0], dtype=room.dtype)
        self.add(entry, found)
        self._turned.append((found, room))

    def run(self) -> None:
        """Reads. Raises as `ExpertFiles.locate_tensor`."""
        for run in _adjacent_runs(list(self._rooms)):
            path, start, _ = run[0]
            self.files.read_into_buffers(path, start, [self._rooms[place] for place in run])
        for found, room in self._turned:
            room.copy_(found.t())


def _adjacent_runs(places: list[tuple[Path, int, int]]) -> list[list[tuple[Path, int, int]]]:
    """Places (file, first byte, bytes) in runs without a gap."""
    runs: list[list[tuple[Path, int, int]]] = []
    for path, start, count in sorted(places):
        before = runs[-1][-1] if runs else None
        if before is not None and (path, start) == (before[0], before[1] + before[2]):
            runs[-1].append((path, start, count))
        else:
            runs.append([(path, start, count)])
    return runs


def _close_files(files: dict[Path, FileIO]) -> None:
    for file in files.values():
        file.close()
