"""The files that ship, of a trained trunk: matrices in 4 bits, the embedding in 8.

python -m docqa.model.training.trunk.ship --student FOLDER --shipped FOLDER --out FOLDER
[--eight-bits in_proj_z,o_proj]

`--student` is what a run wrote whose matrices were `--rounded` as they are here. Making up for
errors of rounding (GPTQ) was worse there: perplexity 1.96 times the teacher's instead of 1.80.
`--shipped` is the bundled folder, whose other files are taken over: heads that look at layers which
have learned must go over to them or be trained again.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from docqa.model.checkpoints.quantize import ShardWriter, parts_to_store
from docqa.model.checkpoints.weights import CONFIG_KEY
from docqa.model.training.loop import stage_parser

from .stage import read_checkpoint

INDEX = "model.safetensors.index.json"
BITS = 4
EMBEDDING_BITS = 8


def ship(student: Path, shipped: Path, out: Path, eight_bits: Sequence[str] = ()) -> int:
    """Write the folder that ships to `out`; returns the bytes of its trunk.

    Args:
        eight_bits: parts of names; matrices whose names have one are stored in 8 bits, not 4.

    Raises:
        ValueError: the student has other tensors than what ships.
    """
    network, _ = read_checkpoint(student)
    out.mkdir(parents=True, exist_ok=True)
    for path in shipped.iterdir():
        if path.is_file() and not path.name.startswith("model"):
            shutil.copy(path, out / path.name)
    config = json.loads((shipped / "config.json").read_text(encoding="utf-8"))
    config[CONFIG_KEY] |= {"bits": BITS, "embedding_bits": EMBEDDING_BITS}
    (out / "config.json").write_text(
        json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8"
    )
    shards = ShardWriter(out)
    seen = set[str]()
    for name, tensor in sorted(network.state_dict().items()):
        bits = (
            EMBEDDING_BITS
            if "embed_tokens" in name
            else 8
            if any(part in name for part in eight_bits)
            else BITS
        )
        for key, part in parts_to_store(f"model.{name}", tensor, bits):
            shards.add(key, part.contiguous())
            seen.add(key)
    stored = json.loads((shipped / INDEX).read_text(encoding="utf-8"))["weight_map"]
    if seen != stored.keys():
        raise ValueError(
            f"{student} has other tensors than {shipped}: {sorted(seen ^ stored.keys())[:3]}"
        )
    shards.finish()
    return shards.bytes


def main(arguments: list[str] | None = None) -> None:
    parser = stage_parser("The files that ship, of a trained trunk.", "student", "shipped", "out")
    parser.add_argument(
        "--eight-bits", default="", help="parts of names of matrices in 8 bits, with commas"
    )
    options = parser.parse_args(arguments)
    eight = [part for part in options.eight_bits.split(",") if part]
    print(ship(options.student, options.shipped, options.out, eight), "bytes of the trunk")


if __name__ == "__main__":
    main()
