"""Perplexity of the hybrid beside its teacher's on held-out text, and the loss of a passage said a
second time.

python -m docqa.model.training.trunk.evaluate --teacher FILE.gguf --student FOLDER --data FOLDER
[--sequences N]

`--student` is any checkpoint folder, quantized or not. Reading quality needs the whole path from
document to answer, and is measured above this package: `docqa eval`, `python -m
docqa.app.lab.needles`.
"""

import argparse
import json
import lzma
import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig
from docqa.model.training.data.sequences import FileTokenizer
from docqa.model.training.loop import Precision, stage_parser


def held_out(data: Path, tokenizer: FileTokenizer, sequences: int, length: int) -> Tensor:
    """The first `length` tokens after the opening of documents of every kind in dev.jsonl.xz,
    [sequences, length].
    """
    rows = []
    with lzma.open(data / "text" / "dev.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            ids = tokenizer.encode(json.loads(line)["text"][500 : 500 + 8 * length])
            if len(ids) >= length:
                rows.append(ids[:length])
    step = max(1, len(rows) // sequences)
    return torch.tensor(rows[::step][:sequences])


@torch.no_grad()
def loss(
    hidden: Callable[[Tensor], Tensor], logits: Callable[[Tensor], Tensor], ids: Tensor, start: int
) -> float:
    """Mean cross entropy (nats a token) of ids [rows, seq] from position `start` on."""
    total = 0.0
    count = 0
    for row in ids:
        states = hidden(row[None])[0, start:-1]
        scores = logits(states).float()
        total += float(functional.cross_entropy(scores, row[start + 1 :], reduction="sum"))
        count += len(row) - start - 1
    return total / count


def run(options: argparse.Namespace) -> dict[str, float]:
    """Measure both models on the same text; returns losses in nats and the ratio of perplexities."""
    dtype = Precision.best().dtype
    teacher, student = (
        load_network(folder, HybridConfig.from_folder(folder), dtype)
        for folder in (options.teacher, options.student)
    )
    tokenizer = FileTokenizer(options.student / "tokenizer.json")
    prose = held_out(options.data, tokenizer, options.sequences, options.length)
    half = prose[:, : options.length // 2]
    twice = torch.cat([half, half], 1)
    figures = {
        "teacher_loss": loss(teacher, teacher.logits, prose, 0),
        "student_loss": loss(student, student.logits, prose, 0),
        "teacher_copy_loss": loss(teacher, teacher.logits, twice, options.length // 2),
        "student_copy_loss": loss(student, student.logits, twice, options.length // 2),
    }
    figures["perplexity_ratio"] = math.exp(figures["student_loss"] - figures["teacher_loss"])
    return {name: round(value, 4) for name, value in figures.items()}


def main(arguments: list[str] | None = None) -> None:
    parser = stage_parser(
        "Perplexity of the hybrid beside its teacher's.", "teacher", "student", "data"
    )
    parser.add_argument("--sequences", type=int, default=16)
    parser.add_argument("--length", type=int, default=1024)
    print(json.dumps(run(parser.parse_args(arguments))))


if __name__ == "__main__":
    main()
