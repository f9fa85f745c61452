"""End to end: the hybrid follows the teacher on prose and copied passages, and answers questions by copying.

Rows of text are trained by the KL divergence to the teacher on sampled positions and by aligning the last hidden state;
rows of questions by cross entropy on the answers' tokens. Every batch has something to copy: prose alone unlearns it.

python -m docqa.model.training.trunk.distill --teacher FILE.gguf --student FOLDER --data FOLDER --out FOLDER
    [--mixture 0.4,0.3,0.3] [--steps N] [--minutes M]
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.hybrid import Hybrid
from docqa.model.training.data.sequences import IGNORED, mixed_batches
from docqa.model.training.data.sets import parse_with_sets
from docqa.model.training.loop import Figures, Precision, parameter_group
from docqa.model.training.trunk.stage import StudentStage, trunk_parser
from docqa.model.training.trunk.teacher import Teacher

FIRST_WEIGHT = 3.0
KL_SHARE = 0.33  # share of the text's positions whose logits are compared; the vocabulary would eat the time otherwise


def trained_groups(student: Hybrid, rate: float, mlp_rate: float) -> list[dict[str, object]]:
    """Parameter groups: mixers at `rate` (their vectors three times that), MLPs and norms at `mlp_rate`."""
    mixers: list[nn.Parameter] = []
    vectors: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in student.named_parameters():
        trained = not name.startswith(("embed_tokens", "lm_head")) and (mlp_rate > 0 or ".mlp." not in name)
        parameter.requires_grad_(trained)
        if not trained:
            continue
        if "_attn." in name:
            (mixers if parameter.ndim == 2 else vectors).append(parameter)
        else:
            rest.append(parameter)
    return [
        parameter_group(mixers, rate, 0.01), parameter_group(vectors, 3 * rate), parameter_group(rest, mlp_rate),
    ]  # fmt: skip


def text_loss(student: Hybrid, teacher: Teacher, hidden: Tensor, ids: Tensor, generator: torch.Generator) -> Tensor:
    """KL to the teacher on a sample of the positions plus the squared distance of the normalised hidden states."""
    target = teacher(ids)
    wide, seq = hidden.float(), hidden.shape[1]
    chosen = torch.randperm(hidden.shape[0] * seq, generator=generator)[: int(hidden.shape[0] * seq * KL_SHARE)].to(
        ids.device
    )
    ours = student.logits(hidden.flatten(0, 1)[chosen].to(target.dtype)).float().log_softmax(-1)
    theirs = teacher.logits(target.flatten(0, 1)[chosen]).float().log_softmax(-1)
    divergence = functional.kl_div(ours, theirs, log_target=True, reduction="batchmean")
    distance = (wide - target.float()).square().mean() / target.float().square().mean()
    return divergence + distance


def answer_loss(student: Hybrid, hidden: Tensor, labels: Tensor) -> tuple[Tensor, Figures]:
    """Cross entropy on the answers' tokens, each answer's first token weighing FIRST_WEIGHT times a later one.

    Where an answer starts is what is hard to learn; going on with it is copying. Also returns the shares of first
    tokens and of all tokens that the model would have chosen.
    """
    before, after = hidden[:, :-1], labels[:, 1:]
    mask = after != IGNORED
    first = (labels[:, :-1] == IGNORED)[mask]
    logits = student.logits(before[mask].to(torch.bfloat16 if hidden.dtype == torch.bfloat16 else hidden.dtype)).float()
    target = after[mask]
    weight = torch.where(first, FIRST_WEIGHT, 1.0)
    loss = (functional.cross_entropy(logits, target, reduction="none") * weight).sum() / weight.sum()
    right = (logits.argmax(-1) == target).float()
    return loss, {"answer_tokens_right": float(right.mean()), "answer_starts_right": float(right[first].mean())}


def train_step(
    student: Hybrid, teacher: Teacher, batch: tuple[Tensor, Tensor, Tensor], precision: Precision,
    generator: torch.Generator,
) -> Figures:  # fmt: skip
    """One forward and backward pass; returns the losses."""
    ids, labels, asked = batch
    figures: Figures = {}
    with precision.autocast():
        hidden = student(ids)
    loss = hidden.new_zeros(())
    if (~asked).any():
        part = text_loss(student, teacher, hidden[~asked], ids[~asked], generator)
        figures["text_loss"] = float(part.detach())
        loss = loss + part * (~asked).float().mean()
    if asked.any():
        part, shares = answer_loss(student, hidden[asked], labels[asked])
        figures |= {"answer_loss": float(part.detach()), **shares}
        loss = loss + part * asked.float().mean()
    loss.backward()
    return figures


def run(options: argparse.Namespace) -> None:
    """Train until the steps or the minutes are over, then write the last checkpoint."""
    stage = StudentStage(options)
    training = stage.run(trained_groups(stage.student, options.rate, options.mlp_rate))
    generator = torch.Generator().manual_seed(options.seed + training.step)
    batches = mixed_batches(options, stage.tokenizer, options.seed + 7919 * (training.step + 1), options.mixture)

    def one_step() -> tuple[int, Figures]:
        ids, labels, asked = (part.to(stage.precision.device) for part in next(batches))
        found = train_step(stage.student, stage.teacher, (ids, labels, asked), stage.precision, generator)
        return ids.numel(), found

    training.train(one_step, stage.keep)


def mixture(text: str) -> tuple[float, ...]:
    """Three shares from "0.4,0.3,0.3"; a type of argparse."""
    shares = tuple(float(share) for share in text.split(","))
    if len(shares) != 3:
        raise ValueError("three shares are needed")
    return shares


def parser(description: str, shares: str, rate: float, mlp_rate: float) -> argparse.ArgumentParser:
    """Options of the end-to-end stages; they differ in their defaults only."""
    options = trunk_parser(description, ("teacher", "student", "out"), rate=rate, steps=100_000, save_every=60)
    options.add_argument("--mixture", type=mixture, default=shares, help="questions, passages repeated once, prose")
    options.add_argument("--mlp-rate", type=float, default=mlp_rate, help="0 freezes the MLPs")
    return options


def main(arguments: list[str] | None = None) -> None:
    stage = parser("Distil the teacher into the hybrid, end to end.", "0.4,0.3,0.3", 5e-4, 1e-4)
    run(parse_with_sets(stage, arguments))


if __name__ == "__main__":
    main()
