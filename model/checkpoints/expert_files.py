"""Parts of packed experts, read out of safetensors files into memory that is there for them.

Nothing is mapped: what is read is in memory once, in the pool, and what else is cached of the files is the system's to
take back. A mapped file counts as memory of the process wherever writable private pages are limited.
"""

from __future__ import annotations

import json
import os
import weakref
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from threading import Lock

import torch
from torch import Tensor

from docqa.model.checkpoints.weights import Entry
from docqa.model.errors import WeightsMismatch, WeightsMissing

DTYPES = {"U8": torch.uint8, "I8": torch.int8, "F16": torch.float16}  # those of docqa's own format
LENGTH_BYTES = 8  # a file begins with the length of its header


@dataclass(frozen=True)
class TensorLocation:
    """Where a tensor's bytes lie in its file."""

    start: int
    dtype: torch.dtype
    shape: tuple[int, ...]


class ExpertFiles:
    """Reads tensors whole. Safe to use from several threads; files stay open as long as this lives."""

    def __init__(self) -> None:
        self._headers: dict[Path, dict[str, TensorLocation]] = {}
        self._open: dict[Path, FileIO] = {}
        self._opening = Lock()
        weakref.finalize(self, _close, self._open)

    def located(self, entry: Entry) -> TensorLocation:
        """Where the tensor at `entry` lies.

        Raises:
            WeightsMissing: the file is gone. WeightsMismatch: it is damaged, or holds numbers of another kind.
        """
        if entry.path not in self._headers:
            self._headers[entry.path] = self._header(entry.path)
        where = self._headers[entry.path].get(entry.key)
        if where is None:
            raise WeightsMismatch(f"{entry.path}: {entry.key} is not stored in groups; get the model folder again")
        return where

    def read(self, entry: Entry, room: Tensor) -> None:
        """Fill `room`, contiguous and of its shape, with the tensor at `entry`. Raises as `located`."""
        where = self.located(entry)
        try:
            self._read_at(entry.path, where.start, room.view(torch.uint8).numpy().reshape(-1).data)
        except FileNotFoundError as error:
            raise WeightsMissing(f"{entry.path} is missing; get the model folder again") from error
        except OSError as error:
            raise WeightsMismatch(f"{entry.path} is damaged ({error}); get the model folder again") from error

    def read_transposed(self, entry: Entry, room: Tensor) -> None:
        """As `read`, rows as columns; `room` need not be contiguous."""
        where = self.located(entry)
        found = torch.empty(where.shape, dtype=where.dtype)
        self.read(entry, found)
        room.copy_(found.t())

    def _read_at(self, path: Path, start: int, room: memoryview) -> None:
        """Fill `room` from byte `start` of a file on. Raises OSError where the file ends before."""
        file = self._file(path)
        done = 0
        while done < len(room):
            if hasattr(os, "preadv"):  # threads do not wait for one another
                count = os.preadv(file.fileno(), [room[done:]], start + done)
            else:
                with self._opening:
                    file.seek(start + done)
                    count = file.readinto(room[done:]) or 0
            if not count:
                raise OSError(f"it ends at byte {start + done:,}")
            done += count

    def _file(self, path: Path) -> FileIO:
        with self._opening:
            if path not in self._open:
                self._open[path] = FileIO(path)
            return self._open[path]

    def _header(self, path: Path) -> dict[str, TensorLocation]:
        """Where the tensors of a file lie, but for those of other kinds than packed experts are made of."""
        try:
            start = bytearray(LENGTH_BYTES)
            self._read_at(path, 0, memoryview(start))
            length = int.from_bytes(start, "little")
            if length > self._file(path).seek(0, os.SEEK_END):
                raise OSError("it ends within its header")
            header = bytearray(length)
            self._read_at(path, LENGTH_BYTES, memoryview(header))
            raw = json.loads(header)
        except FileNotFoundError as error:
            raise WeightsMissing(f"{path} is missing; get the model folder again") from error
        except (OSError, ValueError) as error:
            raise WeightsMismatch(f"{path} is damaged ({error}); get the model folder again") from error
        return {
            name: TensorLocation(LENGTH_BYTES + length + at["data_offsets"][0], DTYPES[at["dtype"]], tuple(at["shape"]))
            for name, at in raw.items()
            if name != "__metadata__" and at["dtype"] in DTYPES
        }


def _close(files: dict[Path, FileIO]) -> None:
    for file in files.values():
        file.close()
