"""Parts of packed experts, read out of safetensors files into memory of their own.

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

    def read(self, entry: Entry) -> Tensor:
        """The tensor at `entry`, as it is stored.

        Raises:
            WeightsMissing: the file is gone. WeightsMismatch: it is damaged, or holds numbers of another kind.
        """
        if entry.path not in self._headers:
            self._headers[entry.path] = _header(entry.path)
        where = self._headers[entry.path].get(entry.key)
        if where is None:
            raise WeightsMismatch(f"{entry.path}: {entry.key} is not stored in groups; get the model folder again")
        out = torch.empty(where.shape, dtype=where.dtype)
        try:
            self._read_at(entry.path, where.start, out.view(torch.uint8).numpy().reshape(-1).data)
        except FileNotFoundError as error:
            raise WeightsMissing(f"{entry.path} is missing; get the model folder again") from error
        except OSError as error:
            raise WeightsMismatch(f"{entry.path} is damaged ({error}); get the model folder again") from error
        return out

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


def _close(files: dict[Path, FileIO]) -> None:
    for file in files.values():
        file.close()


def _header(path: Path) -> dict[str, TensorLocation]:
    """Where the tensors of a file lie, but for those of other kinds than packed experts are made of."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(LENGTH_BYTES), "little")
            raw = json.loads(file.read(length))
    except FileNotFoundError as error:
        raise WeightsMissing(f"{path} is missing; get the model folder again") from error
    except (OSError, ValueError, MemoryError, OverflowError) as error:
        raise WeightsMismatch(f"{path} is damaged ({error}); get the model folder again") from error
    return {
        name: TensorLocation(LENGTH_BYTES + length + at["data_offsets"][0], DTYPES[at["dtype"]], tuple(at["shape"]))
        for name, at in raw.items()
        if name != "__metadata__" and at["dtype"] in DTYPES
    }
