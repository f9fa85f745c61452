"""What the stages that train the hybrid under its teacher share: what they open, and what they
write.
"""

import argparse
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from docqa.kernels.native import is_packed_faster
from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig
from docqa.model.hybrid import Hybrid
from docqa.model.network import Network
from docqa.model.training.data.sequences import FileTokenizer
from docqa.model.training.data.sets import add_data_options
from docqa.model.training.loop import (
    Figures,
    Precision,
    TrainingRun,
    add_run_options,
    make_optimizer,
    save_tensors,
    stage_parser,
)

RawConfig = dict[str, object]  # the content of a config.json
TRAINING_FILE = "training.safetensors"
AVERAGED = 0.99  # of the moving average is kept at each step


class StudentStage:
    """The student of `--student`, its teacher, and its tokenizer, on the device of the options."""

    def __init__(self, options: argparse.Namespace) -> None:
        torch.set_flush_denormal(True)
        torch.manual_seed(options.seed)
        self.options = options
        self.precision = Precision.best(options.device)
        self.student, self.raw = read_checkpoint(options.student)
        self.student.to(self.precision.device)
        self.tokenizer = FileTokenizer(options.student / "tokenizer.json")
        self.packed = options.device == "cpu" and is_packed_faster(
            than_bfloat16=self.precision.dtype != torch.float32
        )
        self.training: TrainingRun | None = None

    def teacher_network(self) -> Network:
        """The teacher as docqa runs it: in the bits of its file where that is faster."""
        path = self.options.teacher
        config = HybridConfig.from_folder(path)
        if self.packed:
            return load_network(path, config, torch.float32, packed=True)
        return load_network(path, config, self.precision.dtype).to(self.precision.device)

    def run(
        self, groups: list[dict[str, object]], *, log_every: int = 10, clip: float = 1.0
    ) -> TrainingRun:
        """A Run of the student, its log beside `--out`."""
        out: Path = self.options.out
        self.training = TrainingRun(
            self.options,
            self.student,
            make_optimizer(groups),
            log=out.with_suffix(".jsonl"),
            saved=out / TRAINING_FILE,
            average=AVERAGED,
            log_every=log_every,
            clip=clip,
        )
        return self.training

    def keep(self) -> Figures:
        """Write the student, with the averaged weights, as a checkpoint folder; no figures."""
        training = self.training
        assert training is not None, "keep is called by a run"
        write_checkpoint(self.student, self.raw, self.options.out, training.average)
        shutil.copy(self.options.student / "tokenizer.json", self.options.out / "tokenizer.json")
        return {}


def write_checkpoint(
    student: Hybrid, raw_config: RawConfig, out: Path, instead: Mapping[str, Tensor]
) -> None:
    """Write config.json and model.safetensors (float32) of a student, names as transformers has
    them.

    Tensors that `instead` has by their names are written in place of the student's.
    """
    out.mkdir(parents=True, exist_ok=True)
    tensors = {**student.state_dict(), **instead}
    (out / "config.json").write_text(json.dumps(raw_config, indent=1) + "\n", encoding="utf-8")
    save_tensors(out / "model.safetensors", {f"model.{n}": t.float() for n, t in tensors.items()})


def read_checkpoint(folder: Path) -> tuple[Hybrid, RawConfig]:
    """Read what `write_checkpoint` wrote: the student in float32 and its config.json."""
    from safetensors.torch import load_file

    raw = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    student = Hybrid(HybridConfig.from_dict(raw))
    student.load_state_dict(
        {n.removeprefix("model."): t for n, t in load_file(folder / "model.safetensors").items()}
    )
    return student, raw


def trunk_parser(
    description: str,
    folders: Iterable[str],
    *,
    rate: float,
    steps: int = 1000,
    save_every: int = 100,
) -> argparse.ArgumentParser:
    """Options of a stage that trains on mixed batches: data, how long, and how much a step."""
    parser = stage_parser(description, *folders)
    add_data_options(parser)
    add_run_options(parser, rate=rate, steps=steps, save_every=save_every)
    parser.add_argument("--batch", type=int, default=4, help="sequences a step")
    parser.add_argument(
        "--lengths",
        type=lambda text: [int(part) for part in text.split(",")],
        default=[512],
        metavar="N,...",
        help="tokens of a sequence, at most; each step draws one of several",
    )
    return parser
