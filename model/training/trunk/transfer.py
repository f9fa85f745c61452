"""Layer-wise transfer: every mixer learns its teacher layer's output from the teacher's input, all layers in one pass.

python -m docqa.model.training.trunk.transfer --teacher FILE.gguf --student FOLDER --data FOLDER --out DIR [--steps N]
"""

from __future__ import annotations

import argparse
import shutil
from typing import cast

import torch
from torch import Tensor

from docqa.model.hybrid import GatedAttention, GatedDeltaNet, Hybrid
from docqa.model.training.data.sequences import FileTokenizer, mixed_batches
from docqa.model.training.loop import (
    Log,
    Progress,
    add_run_options,
    best_dtype,
    learning_rate,
    make_optimizer,
    open_student,
    restore,
    save,
    set_rate,
)
from docqa.model.training.trunk.convert import mixers_of
from docqa.model.training.trunk.teacher import Teacher, read_gguf


@torch.no_grad()
def solve_outputs(
    student: Hybrid, teacher: Teacher, batches: list[Tensor], dtype: torch.dtype, ridge: float = 1e-3
) -> None:
    """Set every delta net's `out_proj` to the ridge regression of the teacher's output on what the mixer gives it."""
    grams: dict[int, list[Tensor]] = {}
    for ids in batches:
        mixers: list[tuple[Tensor, Tensor]] = []
        teacher(ids, mixers)
        for number, mixer in enumerate(mixers_of(student)):
            if isinstance(mixer, GatedDeltaNet):
                with torch.autocast(ids.device.type, dtype=dtype):
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


def layer_losses(student: Hybrid, mixers: list[tuple[Tensor, Tensor]], dtype: torch.dtype) -> list[Tensor]:
    """Squared error of every mixer's output over the power of its target."""
    seq = mixers[0][0].shape[1]
    device = mixers[0][0].device
    rotation = student.rotation(torch.arange(seq, device=device))
    losses = []
    for mixer, (inputs, target) in zip(mixers_of(student), mixers, strict=True):
        with torch.autocast(device.type, dtype=dtype):
            out = mixer(inputs, rotation)
        error = (out.float() - target.float()).square().mean()
        losses.append(error / target.float().square().mean())
    return losses


def run(options: argparse.Namespace) -> None:
    """Train until the steps or the minutes are over, then write the last checkpoint."""
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    device = torch.device(options.device)
    dtype = best_dtype(device)
    student, raw, resumed = open_student(options.student, options.out)
    student.to(device)
    tensors, meta = read_gguf(options.teacher)
    teacher = Teacher(tensors, meta, dtype).to(device)
    for parameter in student.parameters():
        parameter.requires_grad_(False)
    parameters = [p for mixer in mixers_of(student) for p in mixer.parameters()]
    for parameter in parameters:
        parameter.requires_grad_(True)
    optimizer = make_optimizer(parameters, options.rate)
    step, tokens = restore(options.out, optimizer) if resumed else (0, 0)
    tokenizer = FileTokenizer(options.student / "tokenizer.json")
    batches = mixed_batches(
        options.data,
        tokenizer,
        batch=options.batch,
        length=options.length,
        seed=options.seed + step,
        shares=(0.5, 0.25, 0.25),
    )
    log = Log(options.out.with_suffix(".jsonl"))
    if not resumed:
        solve_outputs(student, teacher, [next(batches)[0].to(device) for _ in range(3)], dtype)
    progress = Progress(options.steps, options.minutes)
    while (fraction := progress.fraction(step)) < 1:
        ids = next(batches)[0].to(device)
        mixers: list[tuple[Tensor, Tensor]] = []
        teacher(ids, mixers)
        losses = layer_losses(student, mixers, dtype)
        torch.stack(losses).sum().backward()
        set_rate(optimizer, learning_rate(fraction, step))
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step, tokens = step + 1, tokens + ids.numel()
        if step % 5 == 0:
            errors: dict[type, list[float]] = {GatedDeltaNet: [], GatedAttention: []}
            for mixer, loss in zip(mixers_of(student), losses, strict=True):
                errors[type(mixer)].append(float(loss.detach()))
            mean = {kind: sum(values) / max(1, len(values)) for kind, values in errors.items()}
            log.write(step, tokens, delta_error=mean[GatedDeltaNet], attention_error=mean[GatedAttention])
        if step % options.save_every == 0:
            save(options.out, student, raw, optimizer, step, tokens)
            shutil.copy(options.student / "tokenizer.json", options.out / "tokenizer.json")
    save(options.out, student, raw, optimizer, step, tokens)
    shutil.copy(options.student / "tokenizer.json", options.out / "tokenizer.json")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="Layer-wise transfer of the teacher's attention into the hybrid's mixers."
    )
    add_run_options(parser, "teacher", "student", "data", "out")
    run(parser.parse_args(arguments))


if __name__ == "__main__":
    main()
