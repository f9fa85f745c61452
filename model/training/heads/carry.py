"""Heads that go over to a trunk which has learned on: what they look at is predicted from what the new trunk gives.

The output of the old trunk's layer is a linear function of the new one's, as well as that can be (ridge regression over
prose and questions), and the first product of each head takes that function in. Both heads then learn on from there:
`heads.evidence` anew, `heads.span` from the span.safetensors that this writes.

python -m docqa.model.training.heads.carry --before FOLDER --after FOLDER --data FOLDER --out FOLDER [--layer N]

`--before` has the heads and the trunk that they were trained on, `--after` the trunk that they go to.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig
from docqa.model.heads.evidence import EVIDENCE_FILE, EvidenceHead
from docqa.model.heads.reader_text import SPAN_FILE
from docqa.model.heads.span import SpanHead
from docqa.model.prompts.prompt import question_text
from docqa.model.training.data.features import LAYER, layer_output
from docqa.model.training.data.sequences import FileTokenizer, TextSequences, read_set
from docqa.model.training.data.sets import find_sets, text_files
from docqa.model.training.loop import save_tensors, stage_parser

RIDGE = 1e-3  # of the mean power of an output
LENGTH = 512


def rows_of(data: Path, tokenizer: FileTokenizer, sequences: int, seed: int) -> Iterator[list[list[int]]]:
    """Batches of prose, and for each of them as many questions, in the form in which they are asked."""
    texts = TextSequences(text_files([data]), tokenizer, seed)
    sets = find_sets([data])
    questions = [q.text for name in sets.shares for source in read_set(sets, name) for q in source.questions]
    texts.random.shuffle(questions)
    asked = iter(questions * (1 + sequences * 16 // max(1, len(questions))))
    for _ in range(sequences):
        yield [texts.plain(LENGTH)]
        yield [tokenizer.encode(question_text(next(asked)))[:80] for _ in range(16)]


@torch.no_grad()
def fitted(pairs: Iterator[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, float]:
    """The mean of new outputs, the map [hidden, hidden] from new to old ones, and the share of variance explained.

    `pairs` are (new, old) [tokens, hidden] each; the map is between outputs without their means.
    """
    count, sums = 0, list[Tensor]()
    for new, old in pairs:
        wide, wanted = new.double(), old.double()
        parts = [wide.sum(0), wanted.sum(0), wide.T @ wide, wide.T @ wanted, wanted.square().sum(0)]
        sums = [a + b for a, b in zip(sums, parts, strict=True)] if sums else parts
        count += len(new)
    new_mean, old_mean = sums[0] / count, sums[1] / count
    gram = sums[2] / count - new_mean[:, None] * new_mean
    cross = sums[3] / count - new_mean[:, None] * old_mean
    spread = sums[4] / count - old_mean.square()
    gram.diagonal().add_(RIDGE * gram.diagonal().mean())
    solution = torch.linalg.solve(gram, cross)
    explained = float(((solution * cross).sum(0) / spread.clamp(min=1e-12)).mean())
    return new_mean.float(), solution.float(), explained


def carried(matrix: Tensor, old_scale: Tensor, solution: Tensor, new_scale: Tensor) -> Tensor:
    """A product [rows, hidden] with standardised old outputs as one with standardised new ones."""
    return ((solution * old_scale) @ matrix.T / new_scale[:, None]).T.contiguous()


@torch.no_grad()
def run(options: argparse.Namespace) -> None:
    """Write both heads to `--out`; prints the share of variance that the new outputs explain of the old ones."""
    old, new = (
        load_network(folder, HybridConfig.from_folder(folder), torch.float32, layers=options.layer + 1)
        for folder in (options.before, options.after)
    )
    tokenizer = FileTokenizer(options.after / "tokenizer.json")
    seen: list[Tensor] = []

    def pairs() -> Iterator[tuple[Tensor, Tensor]]:
        for rows in rows_of(options.data, tokenizer, options.sequences, options.seed):
            fresh, former = (torch.cat(layer_output(net, rows, options.layer)) for net in (new, old))
            seen.append(fresh[::8].float())
            yield fresh, former

    new_mean, solution, explained = fitted(pairs())
    new_scale = 1 / (torch.cat(seen).std(0) + 1e-6)
    span, evidence = SpanHead.load(options.before), EvidenceHead.load(options.before)
    assert span is not None and evidence is not None, f"{options.before} has no heads"
    span.project.weight.copy_(carried(span.project.weight, span.scale, solution, new_scale))
    span.mean.copy_(new_mean)
    span.scale.copy_(new_scale)
    save_tensors(options.out / SPAN_FILE, span.state_dict())
    parts = {name: torch.tensor(part) for name, part in vars(evidence).items()}
    for name in ("token", "question"):
        parts[name] = carried(parts[name], parts["scale"], solution, new_scale)
    parts["weight"] = carried(parts["weight"][None], parts["scale"], solution, new_scale)[0]
    parts |= {"mean": new_mean, "scale": new_scale}
    save_tensors(options.out / EVIDENCE_FILE, parts)
    print(json.dumps({"explained": round(explained, 4)}), flush=True)


def main(arguments: list[str] | None = None) -> None:
    parser = stage_parser("Heads that go over to another trunk.", "before", "after", "data", "out")
    parser.add_argument("--layer", type=int, default=LAYER, help="whose output the heads look at")
    parser.add_argument("--sequences", type=int, default=150, help="of prose, 512 tokens each")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    run(options)


if __name__ == "__main__":
    main()
