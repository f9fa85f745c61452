"""A student whose embedding, norms and MLPs are its teacher's again, the MLPs in the 4 bits in which they ship.

python -m docqa.model.training.trunk.restore --teacher FILE.gguf --student FOLDER --data FOLDER --out FOLDER

`--student` is a checkpoint in float32, as `docqa models export` or a run writes it; its mixers stay. A run that leaves
these parts alone then trains against what will ship: quantizing them again changes no bit.
"""

from __future__ import annotations

import argparse
import shutil

import torch

from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig
from docqa.model.training.data.sequences import FileTokenizer, TextSequences, text_batches
from docqa.model.training.data.sets import text_files
from docqa.model.training.loop import stage_parser
from docqa.model.training.trunk.compensate import compensated, input_grams
from docqa.model.training.trunk.convert import read_checkpoint, write_checkpoint


@torch.no_grad()
def run(options: argparse.Namespace) -> None:
    """Write the student to `--out`."""
    student, raw = read_checkpoint(options.student)
    tokenizer = FileTokenizer(options.student / "tokenizer.json")
    teacher = load_network(options.teacher, HybridConfig.from_folder(options.teacher), torch.float32)
    texts = TextSequences(text_files([options.data]), tokenizer, options.seed)
    grams = input_grams(teacher, text_batches(texts, options.sequences), lambda name: ".mlp." in name)
    theirs = dict(teacher.named_parameters())
    for name, part in student.named_parameters():
        if name in grams:
            part.copy_(compensated(theirs[name], grams[name]))
        elif name == "embed_tokens.weight":
            part.copy_(theirs[name])
        elif name == "norm.weight" or name.endswith("layernorm.weight"):
            part.copy_(theirs[name] - 1)  # stored zero-centred
    write_checkpoint(student, raw, options.out)
    shutil.copy(options.student / "tokenizer.json", options.out / "tokenizer.json")


def main(arguments: list[str] | None = None) -> None:
    description = "Give a student its teacher's embedding, norms and MLPs, these in 4 bits."
    parser = stage_parser(description, "teacher", "student", "data", "out")
    parser.add_argument("--sequences", type=int, default=24, help="of prose, 512 tokens each, that MLPs are fitted to")
    run(parser.parse_args(arguments))


if __name__ == "__main__":
    main()
