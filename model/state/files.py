"""Saved states: a folder of safetensors files and one header.json that names them, with sizes and
checksums.

    header.json                       what the state is of, which files it consists of
    block-000003-<ids>.safetensors    keys and values of one whole grid block, all attention
                                      layers; never rewritten
    point-000008192-<ids>.safetensors delta memories, the pending block, an index of attention and
    the last hidden
                                      state at one position

`<ids>` is the start of the digest of all token ids up to there, so a name stands for one content.
Every file is written under a temporary name, flushed to disk and renamed; the header comes last, so
that a crash leaves the state of before. Saving again as a read goes on adds what is new. A few
earlier points stay: a text that was changed at its end can go on from the last one before the
change. Callers that may save at the same time hold a lock.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from docqa.kernels.native import kernel_identity
from docqa.kernels.threads import thread_count
from docqa.model.errors import StateDamaged, StateForeign

from .atomic import write_atomically
from .delta_memory import DeltaMemory
from .header import (
    HEADER,
    SavedPoint,
    StateFileEntry,
    StateHeader,
    StateModel,
    StateSettings,
    header_checksum,
    load_header,
)
from .long_attention import STATE_FORMAT, LongAttention
from .state import State, digest

if TYPE_CHECKING:
    import torch

KEPT_EVERY = 16_384  # tokens between the points that are kept for good
KEPT_LAST = 2  # grid points kept beside the newest
BLOCK_PARTS = ("k", "k_scale", "v", "v_scale", "bounds")


@cache
def torch_version() -> str:
    """The installed version of torch, looked up once: it takes some milliseconds."""
    return version("torch")


def state_settings(state: State, model: StateModel) -> StateSettings:
    """Those of a state that `model` read."""
    return {
        "schema": STATE_FORMAT,
        "model": model.fingerprint,
        "dtype": model.precision,
        "threads": thread_count(),
        "torch": torch_version(),
        "kernels": kernel_identity(),
        "yarn_factor": state.yarn_factor,
        "layers": len(state.layers),
        "grid": state.grid,
        "long_attention": [state.long.exact, state.long.local, state.long.best, state.long.block],
        "memory_layout": "[batch, heads, key, value]",
    }


def save_state(state: State, folder: Path, header: Mapping[str, object], model: StateModel) -> int:
    """Writes into `folder` the state that `model` read; blocks that are there already stay. Returns
    the bytes it takes.

    `header`: what the caller wants to find again, JSON; `load_state` compares it with its
    `expected`. Raises OSError: the disk is full or not writable; what was saved before is still
    whole.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mine = state_settings(state, model)
    ids = state.ids()
    known, earlier = _reusable_files_and_points(folder, mine, ids)
    files: dict[str, StateFileEntry] = {}
    for number, named in enumerate(_grid_digests(ids, state.grid) if _has_blocks(state) else []):
        name = f"block-{number:06d}-{named[:16]}.safetensors"
        files[name] = known.get(name) or _write_tensors(
            folder / name, _block_tensors(state, number)
        )
    point = f"point-{state.position:010d}-{digest(ids)[:16]}.safetensors"
    files[point] = _write_tensors(folder / point, _point_tensors(state, ids))
    points = _points_to_keep(earlier, state)
    files.update((p["file"], known[p["file"]]) for p in points)
    points.append({"position": state.position, "file": point, "ids": digest(ids)})
    content: StateHeader = {
        "settings": mine,
        "header": dict(header),
        "points": points,
        "files": files,
        "checksum": "",
    }
    content["checksum"] = header_checksum(content)
    write_atomically(folder / HEADER, json.dumps(content, indent=1, sort_keys=True).encode())
    for path in folder.iterdir():
        if path.name.startswith(("block-", "point-")) and path.name not in files:
            path.unlink(missing_ok=True)
    return sum(entry["bytes"] for entry in files.values())


def load_state(
    folder: Path,
    model: StateModel,
    expected: Mapping[str, object],
    *,
    ids: np.ndarray | list[int] | None = None,
) -> State:
    """Reads a saved state, memory-mapped.

    `model`: the one that the state was made with. `expected`: fields of the caller's header that
    must be equal. `ids`: what should have been read: the longest saved point that this begins with
    is restored (one off the grid only if it is all of `ids`); without it the last point. Raises
    StateDamaged: a file is missing, short or changed; StateForeign, naming the field: of another
    model, setting, or text.
    """
    content = load_header(folder)
    for field, value in expected.items():
        if content["header"].get(field) != value:
            raise StateForeign(
                f"{folder}: {field} is {content['header'].get(field)!r}, expected {value!r}"
            )
    saved = content["settings"]
    long = LongAttention(*saved["long_attention"])
    config = model.config.first_layers(int(saved.get("layers", 0)))
    state = State(config, saved["yarn_factor"], grid=saved["grid"], long=long)
    for field, value in state_settings(state, model).items():
        if saved.get(field) != value:
            raise StateForeign(f"{folder}: {field} is {saved.get(field)!r}, this run has {value!r}")
    point = _last_matching_point(folder, content["points"], state.grid, ids)
    count = point["position"] // state.grid if _has_blocks(state) else 0
    blocks = sorted(name for name in content["files"] if name.startswith("block-"))[:count]
    if len(blocks) < count:
        raise StateDamaged(
            f"{folder}: {count - len(blocks)} of {count} blocks are missing from {HEADER}"
        )
    for name in [*blocks, point["file"]]:
        _check_file(folder / name, content["files"].get(name))
    _load_into_state(state, folder, blocks, point, model.device)
    return state


def check_state(folder: Path) -> None:
    """Compares every file of a saved state with its checksum. Raises StateDamaged, naming the
    file.
    """
    for name, entry in load_header(folder)["files"].items():
        _check_file(folder / name, entry)


def _has_blocks(state: State) -> bool:
    """Delta nets alone have nothing that grows: their states are points only."""
    return any(not isinstance(layer, DeltaMemory) for layer in state.layers)


def _grid_digests(ids: np.ndarray, grid: int) -> list[str]:
    """`digest` of the ids up to the end of each whole block, in one pass."""
    running = hashlib.sha256()
    digests = []
    for number in range(len(ids) // grid):
        running.update(ids[number * grid : (number + 1) * grid].tobytes())
        digests.append(running.hexdigest())
    return digests


def _reusable_files_and_points(
    folder: Path, mine: StateSettings, ids: np.ndarray
) -> tuple[dict[str, StateFileEntry], list[SavedPoint]]:
    """Files and points in the folder, where it was made by the same settings and begins `ids`."""
    try:
        content = load_header(folder)
    except StateDamaged:
        return {}, []
    if content["settings"] != mine:
        return {}, []
    present = {n: e for n, e in content["files"].items() if (folder / n).is_file()}
    points = [
        p
        for p in content["points"]
        if p["position"] <= len(ids)
        and p["file"] in present
        and p["ids"] == digest(ids[: p["position"]])
    ]
    return present, points


def _points_to_keep(points: list[SavedPoint], state: State) -> list[SavedPoint]:
    """The earlier points that stay: the last grid points, and one every KEPT_EVERY tokens."""
    before = [
        p for p in points if p["position"] < state.position and p["position"] % state.grid == 0
    ]
    return [
        p
        for i, p in enumerate(before)
        if p["position"] % KEPT_EVERY == 0 or i >= len(before) - KEPT_LAST
    ]


def _last_matching_point(
    folder: Path, points: list[SavedPoint], grid: int, ids: np.ndarray | list[int] | None
) -> SavedPoint:
    ordered = sorted(points, key=lambda p: p["position"], reverse=True)
    if ids is None:
        return ordered[0]
    wanted = np.asarray(ids, np.int32)
    for point in ordered:
        position = point["position"]
        usable = position == len(wanted) or (position < len(wanted) and position % grid == 0)
        if usable and point["ids"] == digest(wanted[:position]):
            return point
    first = ordered[-1]["position"]
    raise StateForeign(
        f"{folder}: tokens differ from those saved before the first saved point, {first}"
    )


def _check_file(path: Path, entry: StateFileEntry | None) -> None:
    if entry is None or not path.is_file():
        raise StateDamaged(f"{path} is missing")
    if path.stat().st_size != entry["bytes"]:
        raise StateDamaged(f"{path} has {path.stat().st_size} bytes, expected {entry['bytes']}")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != entry["sha256"]:
            raise StateDamaged(f"{path} does not match its checksum")


def _block_tensors(state: State, number: int) -> dict[str, Any]:
    """`<layer>.<part>` of every attention layer, for one grid block."""
    tensors: dict[str, Any] = {}
    for index, layer in enumerate(state.layers):
        if not isinstance(layer, DeltaMemory):
            block = layer.quantized[number]
            parts = ((part, getattr(block, part)) for part in BLOCK_PARTS)
            tensors |= {f"{index}.{part}": t for part, t in parts if t is not None}
    return tensors


def _point_tensors(state: State, ids: np.ndarray) -> dict[str, Any]:
    """Of one position: the delta memories, the pending block, the last hidden state and all ids."""
    tensors: dict[str, Any] = {"ids": ids}
    if state.hidden is not None:
        tensors["hidden"] = state.hidden
    for index, layer in enumerate(state.layers):
        tensors.update((f"{index}.{part}", t) for part, t in layer.tensors().items())
    return tensors


def _load_into_state(
    state: State, folder: Path, blocks: list[str], point: SavedPoint, device: torch.device | None
) -> None:
    """Puts the files' tensors into an empty state, on `device`; None: as arrays."""
    try:
        read = [_load_tensors(folder / name, device) for name in blocks]
        last = _load_tensors(folder / point["file"], device)
        for index, layer in enumerate(state.layers):
            layer.restore(last, f"{index}.")
            if isinstance(layer, DeltaMemory):
                if not abs(last[f"{index}.memory"]).max() < math.inf:
                    raise StateDamaged(
                        f"{folder / point['file']}: the memory of layer {index} is not finite"
                    )
                continue
            parts = [part for part in BLOCK_PARTS if not (part == "k_scale" and layer.half_keys)]
            from docqa.kernels.attention import KVBlock

            layer.quantized = tuple(
                KVBlock(**{part: b[f"{index}.{part}"] for part in parts}) for b in read
            )
    except KeyError as error:
        raise StateDamaged(f"{folder}: tensor {error} is missing") from error
    ids = last["ids"] if not device else last["ids"].cpu().numpy()
    state.tokens = (ids,)
    state.position = point["position"]
    state.hidden = last.get("hidden")


def _load_tensors(path: Path, device: torch.device | None) -> Any:
    if not device:
        from safetensors.numpy import load_file

        return load_file(path)
    from safetensors.torch import load_file as load_tensors

    return load_tensors(path, device=str(device))


def _write_tensors(path: Path, tensors: dict[str, Any]) -> StateFileEntry:
    if all(isinstance(part, np.ndarray) for part in tensors.values()):
        from safetensors.numpy import save
    else:
        import torch
        from safetensors.torch import save

        tensors = {name: torch.as_tensor(part).cpu().contiguous() for name, part in tensors.items()}
    content = save(tensors)
    write_atomically(path, content)
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
