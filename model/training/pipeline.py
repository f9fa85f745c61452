"""All steps of the bundled model after each other, from `convert` to the reader, in a given time.

Every step has its own folder under `--out` and goes on from what is there, so that the same command resumes a run that
was cut; a step that is finished is skipped. At the end `--out`/model is a quantized folder with its heads and
reader, which `docqa.app.lab.calibrate` makes ready for answering.

python -m docqa.model.training.pipeline --teacher FILE.gguf --encoder FOLDER --data FOLDER --out FOLDER --minutes M
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from docqa.model.checkpoints.quantize import quantize
from docqa.model.training.data import features
from docqa.model.training.data.sets import add_data_options, parse_with_sets
from docqa.model.training.heads import evidence, span
from docqa.model.training.loop import stage_parser
from docqa.model.training.reader import train as reader
from docqa.model.training.trunk import convert, distill, finetune, transfer

# Shares of the minutes: a first guess, no whole run has tried them.
SHARES = {"transfer": 0.12, "distill": 0.28, "finetune": 0.24, "features": 0.06, "span": 0.14, "reader": 0.16}


def steps(options: argparse.Namespace) -> list[tuple[str, Callable[[], None]]]:
    """(name, what runs it) in order."""
    names = ("converted", "transferred", "distilled", "finetuned", "model", "features", "validation")
    folder = {name: str(options.out / name) for name in names}
    device = ["--device", options.device]
    data = [part for path in options.data for part in ("--data", str(path))]
    if options.shares:
        data += ["--shares", ",".join(f"{name}={share}" for name, share in options.shares.items())]
    teacher = ["--teacher", str(options.teacher)]

    def minutes(stage: str) -> list[str]:
        return ["--minutes", str(options.minutes * SHARES[stage])]

    def trunk(stage: str, main: Callable[[list[str]], None], start: str, end: str) -> tuple[str, Callable[[], None]]:
        paths = [*teacher, *data, *device, "--student", folder[start], "--out", folder[end]]
        return stage, lambda: main([*paths, *minutes(stage), "--batch", str(options.batch)])

    def read_all() -> None:
        common = ["--student", folder["model"], *data, *device]
        tokens = options.feature_tokens
        features.main([*common, "--out", folder["features"], "--tokens", str(tokens)])
        features.main([*common, "--out", folder["validation"], "--tokens", str(tokens // 12), "--validation"])

    heads = ["--features", folder["features"], "--validation", folder["validation"], "--out", folder["model"]]
    encoder = ["--start", str(options.encoder), *data, *device, "--out", folder["model"]]
    return [
        ("convert", lambda: convert.main([*teacher, "--out", folder["converted"]])),
        trunk("transfer", transfer.main, "converted", "transferred"),
        trunk("distill", distill.main, "transferred", "distilled"),
        trunk("finetune", finetune.main, "distilled", "finetuned"),
        ("quantize", lambda: pack(Path(folder["finetuned"]), Path(folder["model"]), options.licence)),
        ("features", read_all),
        ("evidence", lambda: evidence.main(heads)),
        ("span", lambda: span.main([*heads, *minutes("span")])),
        ("reader", lambda: reader.main([*encoder, *minutes("reader")])),
    ]


def pack(source: Path, target: Path, licence: Path | None) -> None:
    """Quantize `source` into `target`, with the number of the layer that the heads look at."""
    target.mkdir(parents=True, exist_ok=True)
    quantize(source, target, embedding_bits=4)  # leaves room for the reader
    (target / "calibration.json").write_text(f'{{"evidence_layer": {features.LAYER}}}\n', encoding="utf-8")
    if licence is not None:
        shutil.copy(licence, target / "LICENSE")


def run(options: argparse.Namespace) -> None:
    """Run every step that has not left its mark; prints the seconds of each."""
    options.out.mkdir(parents=True, exist_ok=True)
    for name, step in steps(options):
        mark = options.out / f"{name}.done"
        if mark.exists():
            continue
        started = time.monotonic()
        step()
        mark.write_text(f"{time.monotonic() - started:.0f} s\n", encoding="utf-8")
        print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)


def main(arguments: list[str] | None = None) -> None:
    parser = stage_parser("Train the bundled model from the teacher's file to its heads.", "teacher", "encoder", "out")
    add_data_options(parser)
    parser.add_argument("--minutes", type=float, required=True, help="for all steps together")
    parser.add_argument("--batch", type=int, default=4, help="sequences a step; 64 and more on a GPU")
    parser.add_argument("--feature-tokens", type=int, default=2_500_000)
    parser.add_argument("--licence", type=Path, help="file to copy into the model folder")
    run(parse_with_sets(parser, arguments))


if __name__ == "__main__":
    main()
