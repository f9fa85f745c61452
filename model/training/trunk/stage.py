"""What the stages that train the hybrid under its teacher share: what they open, and what they write."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterable
from pathlib import Path

import torch

from docqa.model.training.data.sequences import FileTokenizer
from docqa.model.training.data.sets import add_data_options
from docqa.model.training.loop import Figures, Precision, Run, add_run_options, make_optimizer, stage_parser
from docqa.model.training.trunk.convert import read_checkpoint, write_checkpoint
from docqa.model.training.trunk.teacher import Teacher, read_gguf

TRAINING_FILE = "training.safetensors"


class StudentStage:
    """The student of `--student`, its teacher, and its tokenizer, on the device of the options."""

    def __init__(self, options: argparse.Namespace) -> None:
        torch.set_flush_denormal(True)
        torch.manual_seed(options.seed)
        self.options, self.precision = options, Precision.best(options.device)
        self.student, self.raw = read_checkpoint(options.student)
        self.student.to(self.precision.device)
        self.teacher = Teacher(*read_gguf(options.teacher), self.precision.dtype).to(self.precision.device)
        self.tokenizer = FileTokenizer(options.student / "tokenizer.json")

    def run(self, groups: list[dict[str, object]], *, log_every: int = 10, clip: float = 1.0) -> Run:
        """A Run of the student, its log beside `--out`."""
        out: Path = self.options.out
        return Run(
            self.options, self.student, make_optimizer(groups), log=out.with_suffix(".jsonl"),
            saved=out / TRAINING_FILE, log_every=log_every, clip=clip,
        )  # fmt: skip

    def keep(self) -> Figures:
        """Write the student as a checkpoint folder; there are no figures."""
        write_checkpoint(self.student, self.raw, self.options.out)
        shutil.copy(self.options.student / "tokenizer.json", self.options.out / "tokenizer.json")
        return {}


def trunk_parser(
    description: str, folders: Iterable[str], *, rate: float, steps: int = 1000, save_every: int = 100
) -> argparse.ArgumentParser:
    """Options of a stage that trains on mixed batches: data, how long, and how much a step."""
    parser = stage_parser(description, *folders)
    add_data_options(parser)
    add_run_options(parser, rate=rate, steps=steps, save_every=save_every)
    parser.add_argument("--batch", type=int, default=4, help="sequences a step")
    parser.add_argument("--length", type=int, default=512, help="tokens of a sequence, at most")
    return parser
