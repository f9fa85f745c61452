"""Layer-wise transfer: every mixer learns its teacher layer's output from the teacher's input, all layers in one pass.

python -m docqa.model.training.trunk.transfer --teacher FILE.gguf --student FOLDER --data FOLDER --out DIR [--steps N]
"""

from __future__ import annotations

import argparse
from typing import cast

import torch
from torch import Tensor

from docqa.model.hybrid import GatedAttention, GatedDeltaNet, Hybrid
from docqa.model.training.data.sequences import mixed_batches
from docqa.model.training.data.sets import parse_with_sets
from docqa.model.training.loop import Figures, Precision, matrices_and_vectors
from docqa.model.training.trunk.convert import mixers_of
from docqa.model.training.trunk.stage import StudentStage, trunk_parser
from docqa.model.training.trunk.teacher import Teacher

MIXTURE = (0.5, 0.25, 0.25)  # questions, passages repeated once, prose


@torch.no_grad()
def solve_outputs(
    student: Hybrid, teacher: Teacher, batches: list[Tensor], precision: Precision, ridge: float = 1e-3
) -> None:
    """Set every delta net's `out_proj` to the ridge regression of the teacher's output on what the mixer gives it."""
    grams: dict[int, list[Tensor]] = {}
    for ids in batches:
        mixers: list[tuple[Tensor, Tensor]] = []
        teacher(ids, mixers)
        for number, mixer in enumerate(mixers_of(student)):
            if isinstance(mixer, GatedDeltaNet):
                with precision.autocast():
                    features = mixer.mix(mixers[number][0]).flatten(0, 1).float()
                target = mixers[number][1].flatten(0, 1).float()
                gram, cross = features.T @ features, features.T @ target
                if number in grams:
                    grams[number][0] += gram
                    grams[number][1] += cross
                else:
                    grams[number] = [gram, cross]
    for number, (gram, cross) in grams.items():
        eye = torch.eye(gram.shape[0], device=gram.device) * ridge * gram.diagonal().mean()
        cast(GatedDeltaNet, mixers_of(student)[number]).out_proj.weight.copy_(torch.linalg.solve(gram + eye, cross).T)


def layer_losses(student: Hybrid, mixers: list[tuple[Tensor, Tensor]], precision: Precision) -> list[Tensor]:
    """Squared error of every mixer's output over the power of its target."""
    rotation = student.rotation(torch.arange(mixers[0][0].shape[1], device=precision.device))
    losses = []
    for mixer, (inputs, target) in zip(mixers_of(student), mixers, strict=True):
        with precision.autocast():
            out = mixer(inputs, rotation)
        error = (out.float() - target.float()).square().mean()
        losses.append(error / target.float().square().mean())
    return losses


def run(options: argparse.Namespace) -> None:
    """Train until the steps or the minutes are over, then write the last checkpoint."""
    stage = StudentStage(options)
    student, teacher, precision = stage.student, stage.teacher, stage.precision
    student.requires_grad_(False)
    trained = [p for mixer in mixers_of(student) for p in mixer.parameters()]
    for parameter in trained:
        parameter.requires_grad_(True)
    training = stage.run(matrices_and_vectors(trained, options.rate), log_every=5, clip=5.0)
    batches = mixed_batches(options, stage.tokenizer, options.seed + training.step, MIXTURE)
    if not training.step:
        solve_outputs(student, teacher, [next(batches)[0].to(precision.device) for _ in range(3)], precision)

    def one_step() -> tuple[int, Figures]:
        ids = next(batches)[0].to(precision.device)
        mixers: list[tuple[Tensor, Tensor]] = []
        teacher(ids, mixers)
        losses = layer_losses(student, mixers, precision)
        torch.stack(losses).sum().backward()
        errors: dict[type, list[float]] = {GatedDeltaNet: [], GatedAttention: []}
        for mixer, loss in zip(mixers_of(student), losses, strict=True):
            errors[type(mixer)].append(float(loss.detach()))
        means = {kind: sum(values) / max(1, len(values)) for kind, values in errors.items()}
        return ids.numel(), {"delta_error": means[GatedDeltaNet], "attention_error": means[GatedAttention]}

    training.train(one_step, stage.keep)


def main(arguments: list[str] | None = None) -> None:
    description = "Layer-wise transfer of the teacher's attention into the hybrid's mixers."
    parser = trunk_parser(description, ("teacher", "student", "out"), rate=1e-3)
    run(parse_with_sets(parser, arguments))


if __name__ == "__main__":
    main()
