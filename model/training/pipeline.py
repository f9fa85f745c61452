"""All steps of the bundled model after each other, in a given time: convert to heads, on whatever device there is.

Every step keeps its own folder under `--out` and takes up what is there, so that a run which was cut goes on where it
stopped; a step that is finished is passed over. At the end `--out`/model is a quantized folder with its heads and
reader, which `docqa.app.lab.calibrate` makes ready for answering.

python -m docqa.model.training.pipeline --teacher FILE.gguf --encoder FOLDER --data FOLDER --out FOLDER --minutes M
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import torch

from docqa.model.checkpoints.quantize import quantize
from docqa.model.training.data import features
from docqa.model.training.heads import evidence, span
from docqa.model.training.reader import train as reader
from docqa.model.training.trunk import convert, distill, finetune, transfer

# Shares of the minutes: a first guess, no whole run has tried them.
SHARES = {"transfer": 0.12, "distill": 0.28, "finetune": 0.24, "features": 0.06, "span": 0.14, "reader": 0.16}


def steps(options: argparse.Namespace) -> list[tuple[str, Callable[[], None]]]:
    """(name, what runs it) in order."""
    out, teacher, data = options.out, str(options.teacher), str(options.data)
    folders = {name: str(out / name) for name in ("converted", "transferred", "distilled", "finetuned", "model")}
    read = {name: str(out / f"features_{name}") for name in ("training", "validation")}

    def trunk(stage: Callable[[list[str]], None], share: str, start: str, end: str) -> None:
        minutes = str(options.minutes * SHARES[share])
        stage(
            ["--teacher", teacher, "--data", data, "--student", folders[start], "--out", folders[end]]
            + ["--minutes", minutes, "--batch", str(options.batch), "--device", options.device]
        )

    def read_all() -> None:
        for name, more in (("training", []), ("validation", ["--validation"])):
            features.main(
                ["--student", folders["model"], "--data", data, "--out", read[name], "--device", options.device]
                + ["--tokens", str(options.feature_tokens if name == "training" else options.feature_tokens // 12)]
                + more
            )

    heads = ["--features", read["training"], "--validation", read["validation"], "--out", folders["model"]]
    reading = ["--start", str(options.encoder), "--data", data, "--out", folders["model"], "--device", options.device]
    return [
        ("convert", lambda: convert.main(["--teacher", teacher, "--out", folders["converted"]])),
        ("transfer", lambda: trunk(transfer.main, "transfer", "converted", "transferred")),
        ("distill", lambda: trunk(distill.main, "distill", "transferred", "distilled")),
        ("finetune", lambda: trunk(finetune.main, "finetune", "distilled", "finetuned")),
        ("quantize", lambda: pack(Path(folders["finetuned"]), Path(folders["model"]), options.licence)),
        ("features", read_all),
        ("evidence", lambda: evidence.main(heads)),
        ("span", lambda: span.main([*heads, "--minutes", str(options.minutes * SHARES["span"])])),
        ("reader", lambda: reader.main([*reading, "--minutes", str(options.minutes * SHARES["reader"])])),
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
    parser = argparse.ArgumentParser(description="Train the bundled model from the teacher's file to its heads.")
    for name in ("teacher", "encoder", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True, help="for all steps together")
    parser.add_argument("--batch", type=int, default=4, help="sequences a step; 64 and more on a GPU")
    parser.add_argument("--feature-tokens", type=int, default=2_500_000)
    parser.add_argument("--licence", type=Path, help="file to lay beside the weights")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    run(parser.parse_args(arguments))


if __name__ == "__main__":
    main()
