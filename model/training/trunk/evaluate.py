"""Perplexity of the hybrid beside its teacher's on held-out text, the loss of a passage said a
second time, and answers copied from the passage that has them.

python -m docqa.model.training.trunk.evaluate --teacher FILE.gguf --student FOLDER --data FOLDER
[--sequences N]
    [--answers N]

`--student` is any checkpoint folder, quantized or not. Reading quality needs the whole path from
document to answer, and is measured above this package: `docqa eval`, `python -m
docqa.app.lab.needles`.
"""

import argparse
import json
import lzma
import math
import random
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig
from docqa.model.decode.copy import copy_spans
from docqa.model.load import load_model
from docqa.model.training.data.focus import focus_prompt
from docqa.model.training.data.sequences import (
    LONGEST_ANSWER_TOKENS,
    FileTokenizer,
    covered,
    read_set,
)
from docqa.model.training.data.sets import QuestionSets
from docqa.model.training.loop import Precision, stage_parser
from docqa.model.training.reader.measure import overlap


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


def copied_answers(folder: Path, data: Path, count: int, seed: int) -> float:
    """Mean token F1 of what the student copies, over `count` questions of natural/dev with one
    right passage each.
    """
    rng = random.Random(seed)
    model = load_model(folder)
    path = data / "natural" / "dev" / "natural.jsonl.gz"
    sets = QuestionSets({"natural": path}, {"natural": 1.0})
    sources = [
        source for part in (False, True) for source in read_set(sets, "natural", validation=part)
    ]
    asked = [
        (source, question) for source in sources for question in source.questions if question.spans
    ]
    rng.shuffle(asked)
    found: list[float] = []
    for source, question in asked:
        at = question.spans[0][0]
        passage = next((p for p in source.passages if p[0] <= at < p[1]), None)
        if passage is None or len(found) == count:
            continue
        text = source.text[slice(*passage)].replace("\n", " ")
        prompt = focus_prompt(model.tokenizer, [text], question.text)
        golds = [
            covered(prompt.offsets[0], a - passage[0], b - passage[0]) for a, b in question.spans
        ]
        state = model.new_state()
        logits = model.logits(model.prefill(prompt.ids, state))
        first = prompt.excerpt_ranges[0][0]
        best = copy_spans(
            model,
            state,
            logits,
            prompt.ids,
            prompt.excerpt_ranges,
            max_tokens=LONGEST_ANSWER_TOKENS,
        )[0]
        span = best.start_token - first, best.end_token - first - 1
        found.append(max(overlap(*span, gold[0], gold[-1]) for gold in golds if gold))
    return sum(found) / max(1, len(found))


def run(options: argparse.Namespace) -> dict[str, float]:
    """Measure both models on the same text; returns losses in nats, the ratio of perplexities, and
    F1 from 0 to 1.
    """
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
    if options.answers:
        figures["answer_f1"] = copied_answers(
            options.student, options.data, options.answers, options.seed
        )
    return {name: round(value, 4) for name, value in figures.items()}


def main(arguments: list[str] | None = None) -> None:
    parser = stage_parser(
        "Perplexity of the hybrid beside its teacher's.", "teacher", "student", "data"
    )
    parser.add_argument("--sequences", type=int, default=16)
    parser.add_argument("--length", type=int, default=1024)
    parser.add_argument(
        "--answers", type=int, default=150, help="questions that are answered by copying"
    )
    print(json.dumps(run(parser.parse_args(arguments))))


if __name__ == "__main__":
    main()
