"""End to end: the hybrid follows the teacher on prose and copied passages, and answers questions by
copying.

All rows are trained by the KL divergence to the teacher on sampled positions and by aligning the
hidden states of layers; rows of questions by cross entropy on the answers' tokens too. Every batch
has something to copy: prose alone unlearns it.

python -m docqa.model.training.trunk.distill --teacher FILE.gguf --student FOLDER --data FOLDER
--out FOLDER
    [--frozen-layers 3] [--mlp-rate 0] [--threads 2] [--mixture 0.2,0.4,0.4] [--steps N] [--minutes
    M]
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from docqa.model.checkpoints.quantize import is_quantized
from docqa.model.hybrid import Hybrid
from docqa.model.network import Network
from docqa.model.training.data.sequences import IGNORED, mixed_batches
from docqa.model.training.data.sets import parse_with_sets
from docqa.model.training.loop import (
    Figures,
    Precision,
    WorkerPool,
    computed_rounded,
    in_threads,
    parameter_group,
)

from .losses import alignment, answer_loss, head_divergence, read_tokens
from .stage import StudentStage, trunk_parser

# share of the positions whose logits are compared; the vocabulary would eat the time otherwise
KL_SHARE = 0.33
ALIGNED_EVERY = 2  # layers
Batch = tuple[Tensor, Tensor, Tensor]


def trained_groups(
    student: Hybrid, rate: float, mlp_rate: float, frozen: int = 0
) -> list[dict[str, object]]:
    """Parameter groups: mixers at `rate` (their vectors three times that), MLPs and norms at
    `mlp_rate`.

    The embedding and the first `frozen` layers stay as they are, bit for bit: heads were trained on
    what they give. A rate of 0 for MLPs and norms leaves them as they are too.
    """
    held = ("embed_tokens", "lm_head", *(f"layers.{number}." for number in range(frozen)))
    mixers: list[nn.Parameter] = []
    vectors: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in student.named_parameters():
        trained = not name.startswith(held) and (mlp_rate > 0 or "_attn." in name)
        parameter.requires_grad_(trained)
        if not trained:
            continue
        if "_attn." in name:
            (mixers if parameter.ndim == 2 else vectors).append(parameter)
        else:
            rest.append(parameter)
    return [
        parameter_group(mixers, rate, 0.01),
        parameter_group(vectors, 3 * rate),
        parameter_group(rest, mlp_rate),
    ]


@dataclass(frozen=True)
class StudentAndTeacher:
    """Student and teacher in a step, the student's head in the dtype of products, and what the
    losses weigh.
    """

    student: Hybrid
    teacher: Network
    head: Tensor
    precision: Precision
    aligned: tuple[int, ...]  # layers whose states are compared
    alignment: float

    def loss(self, batch: Batch, seed: int) -> tuple[Tensor, Figures]:
        """The loss of some rows (ids, labels, asked), and its parts."""
        ids, labels, asked = batch
        theirs: dict[int, Tensor] = {}
        ours: dict[int, Tensor] = {}
        with torch.no_grad():
            target = self.teacher(ids, hooks=_collect(theirs, self.aligned))
        with self.precision.autocast():
            hidden = self.student(ids, hooks=_collect(ours, self.aligned))
        read = read_tokens(ids)
        chosen = _sample(read & (labels.roll(-1, 1) == IGNORED), seed)
        divergence = head_divergence(hidden[chosen], target[chosen], self.head, self.teacher.logits)
        distance = alignment(ours, theirs, read)
        loss = divergence + self.alignment * distance
        figures = {"divergence": float(divergence.detach()), "distance": float(distance.detach())}
        if asked.any():
            part, shares = answer_loss(self.head, hidden[asked], labels[asked])
            figures |= {"answer_loss": float(part.detach()), **shares}
            loss = loss + part * asked.float().mean()
        return loss, figures


def _collect(
    states: dict[int, Tensor], layers: tuple[int, ...]
) -> dict[int, Callable[[Tensor], None]]:
    """Hooks that put the outputs of `layers` into `states`; a copy, since a network without
    gradient adds in place.
    """

    def keep(number: int) -> Callable[[Tensor], None]:
        def hook(output: Tensor) -> None:
            states[number] = output if output.requires_grad else output.clone()

        return hook

    return {number: keep(number) for number in layers}


def _sample(eligible: Tensor, seed: int) -> Tensor:
    """A mask of KL_SHARE of the eligible positions, at least one."""
    generator = torch.Generator().manual_seed(seed)
    drawn = (
        torch.rand(eligible.shape, generator=generator)
        .to(eligible.device)
        .masked_fill(~eligible, 2.0)
    )
    count = max(1, int(eligible.sum() * KL_SHARE))
    return drawn <= drawn.flatten().kthvalue(count).values


def shares_of(batch: Batch, threads: int) -> list[Batch]:
    """The rows of a batch dealt out to threads."""
    count = min(threads, len(batch[0]))
    return [(batch[0][n::count], batch[1][n::count], batch[2][n::count]) for n in range(count)]


def run(options: argparse.Namespace) -> None:
    """Train until the steps or the minutes are over, then write the last checkpoint."""
    stage = StudentStage(options)
    groups = trained_groups(stage.student, options.rate, options.mlp_rate, options.frozen_layers)
    training = stage.run(groups)
    head = stage.student.embed_tokens.weight.detach().to(stage.precision.dtype)
    layers = stage.student.config.num_hidden_layers
    aligned = tuple(range(options.frozen_layers, layers - 1, ALIGNED_EVERY))
    pair = StudentAndTeacher(
        stage.student, stage.teacher_network(), head, stage.precision, aligned, options.alignment
    )
    batches = mixed_batches(
        options, stage.tokenizer, options.seed + 7919 * (training.step + 1), options.mixture
    )
    pool = WorkerPool(options.threads)
    rounded = [
        part
        for name, part in training.trained.items()
        if is_quantized(name, part) and any(wanted in name for wanted in options.rounded)
    ]

    def one_step() -> tuple[int, Figures]:
        ids, labels, asked = (part.to(stage.precision.device) for part in next(batches))
        shares = shares_of((ids, labels, asked), options.threads)
        found: list[Figures] = []

        def part(number: int) -> Callable[[], tuple[Tensor, int]]:
            def compute() -> tuple[Tensor, int]:
                loss, figures = pair.loss(shares[number], training.step * options.threads + number)
                found.append(figures)
                return loss, int(read_tokens(shares[number][0]).sum())

            return compute

        with computed_rounded(rounded):
            tokens, _ = in_threads(
                pool, training.trained.values(), [part(number) for number in range(len(shares))]
            )
        names = {name for figures in found for name in figures}
        means = {}
        for name in names:
            values = [figures[name] for figures in found if name in figures]
            means[name] = sum(values) / len(values)
        return tokens, means

    training.train(one_step, stage.keep)


def mixture(text: str) -> tuple[float, ...]:
    """Three shares from "0.4,0.3,0.3"; a type of argparse."""
    shares = tuple(float(share) for share in text.split(","))
    if len(shares) != 3:
        raise ValueError("three shares are needed")
    return shares


def main(arguments: list[str] | None = None) -> None:
    description = "Distil the teacher into the hybrid, end to end."
    parser = trunk_parser(
        description, ("teacher", "student", "out"), rate=5e-4, steps=100_000, save_every=60
    )
    parser.add_argument(
        "--mixture",
        type=mixture,
        default="0.2,0.4,0.4",
        help="questions, passages repeated once, prose",
    )
    parser.add_argument("--mlp-rate", type=float, default=1e-4, help="0 freezes MLPs and norms")
    parser.add_argument(
        "--frozen-layers",
        type=int,
        default=0,
        metavar="N",
        help="first layers that stay as they are",
    )
    parser.add_argument(
        "--alignment", type=float, default=3.0, help="weight of the distance of hidden states"
    )
    parser.add_argument(
        "--rounded",
        type=lambda text: text.split(","),
        default=[],
        metavar="PART,...",
        help="parts of names: these matrices learn while they are rounded to the 4 bits in which they ship",
    )
    parser.add_argument(
        "--threads", type=int, default=2, help="each with its share of a step's rows"
    )
    run(parse_with_sets(parser, arguments))


if __name__ == "__main__":
    main()
