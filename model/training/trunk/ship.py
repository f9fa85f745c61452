"""The files that ship, of a trained trunk: quantized, but for what the heads look at, which stays as it ships today.

python -m docqa.model.training.trunk.ship --student FOLDER --shipped FOLDER --out FOLDER [--frozen-layers 3]
    [--eight-bits in_proj_qkv,in_proj_z]

`--student` is what a run wrote, `--shipped` the bundled folder. The embedding and the first `--frozen-layers` layers of
`--shipped` are taken over bit for bit, with its heads, reader and card; run with layers that did not learn.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from docqa.model.checkpoints.names import PARTS
from docqa.model.checkpoints.quantize import Shards, stored_parts
from docqa.model.training.loop import stage_parser

INDEX = "model.safetensors.index.json"
BITS = 4


def ship(student: Path, shipped: Path, out: Path, frozen: int = 3, eight_bits: Sequence[str] = ()) -> int:
    """Write the folder that ships to `out`; returns the bytes of its trunk.

    Args:
        frozen: so many first layers, and the embedding, are those of `shipped`.
        eight_bits: parts of names; matrices whose names have one are stored in 8 bits, not 4.

    Raises:
        ValueError: the student has other tensors than what ships.
    """
    from safetensors.torch import load_file

    trained = load_file(student / "model.safetensors")
    stored = dict(_stored(shipped))
    held = ("model.embed_tokens.", *(f"model.layers.{number}." for number in range(frozen)))
    out.mkdir(parents=True, exist_ok=True)
    for path in shipped.iterdir():
        if path.is_file() and not path.name.startswith("model"):
            shutil.copy(path, out / path.name)
    shards, seen = Shards(out), set[str]()
    for name, tensor in sorted(trained.items()):
        if name.startswith(held):
            parts = [(key, stored[key]) for key in (name, *(name + suffix for suffix in PARTS)) if key in stored]
        else:
            parts = stored_parts(name, tensor, 8 if any(part in name for part in eight_bits) else BITS)
        for key, part in parts:
            shards.add(key, part.contiguous())
            seen.add(key)
    if seen != stored.keys():
        raise ValueError(f"{student} has other tensors than {shipped}: {sorted(seen ^ stored.keys())[:3]}")
    shards.finish()
    return shards.bytes


def _stored(folder: Path) -> Iterator[tuple[str, Tensor]]:
    """Every stored part of a quantized folder's trunk."""
    from safetensors.torch import load_file

    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"]
    for file in sorted(set(index.values())):
        yield from ((name, part) for name, part in load_file(folder / file).items() if index.get(name) == file)


def main(arguments: list[str] | None = None) -> None:
    parser = stage_parser("The files that ship, of a trained trunk.", "student", "shipped", "out")
    parser.add_argument("--frozen-layers", type=int, default=3, metavar="N", help="first layers, as they ship today")
    parser.add_argument("--eight-bits", default="", help="parts of names of matrices in 8 bits, with commas")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    eight = [part for part in options.eight_bits.split(",") if part]
    print(ship(options.student, options.shipped, options.out, options.frozen_layers, eight), "bytes of the trunk")


if __name__ == "__main__":
    main()
