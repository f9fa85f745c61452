"""End to end: the hybrid follows the teacher on prose and copied passages, and answers questions by copying.

Rows of text are trained by the KL divergence to the teacher on sampled positions and by aligning the last hidden state;
rows of questions by cross entropy on the answers' tokens. Copying stands in every batch: prose alone unlearns it.

python -m docqa.model.training.trunk.distill --teacher FILE.gguf --student FOLDER --data FOLDER --out FOLDER
    [--shares 0.4,0.3,0.3] [--steps N] [--minutes M]
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.hybrid import Hybrid
from docqa.model.training.data.sequences import IGNORED, FileTokenizer, mixed_batches
from docqa.model.training.loop import Log, Progress, best_dtype, learning_rate, open_student, restore, save, set_rate
from docqa.model.training.trunk.teacher import Teacher, read_gguf

FIRST_WEIGHT = 3.0
KL_SHARE = 0.33  # share of the text's positions whose logits are compared; the vocabulary would eat the time otherwise


def trained_groups(student: Hybrid, rate: float, mlp_rate: float) -> list[dict]:
    """Parameter groups: mixers at `rate` (their vectors three times that), MLPs and norms at `mlp_rate`."""
    mixers: list[nn.Parameter] = []
    vectors: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in student.named_parameters():
        wanted = not name.startswith(("embed_tokens", "lm_head")) and (mlp_rate > 0 or ".mlp." not in name)
        parameter.requires_grad_(wanted)
        if not wanted:
            continue
        if "_attn." in name:
            (mixers if parameter.ndim == 2 else vectors).append(parameter)
        else:
            rest.append(parameter)
    groups = [
        {"params": mixers, "lr": rate, "peak": rate, "weight_decay": 0.01},
        {"params": vectors, "lr": 3 * rate, "peak": 3 * rate, "weight_decay": 0.0},
        {"params": rest, "lr": mlp_rate, "peak": mlp_rate, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


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


def answer_loss(student: Hybrid, hidden: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, float]]:
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
    student: Hybrid,
    teacher: Teacher,
    batch: tuple[Tensor, Tensor, Tensor],
    dtype: torch.dtype,
    generator: torch.Generator,
) -> dict[str, float]:
    """One forward and backward pass; returns the losses."""
    ids, labels, asked = batch
    figures: dict[str, float] = {}
    with torch.autocast(ids.device.type, dtype=dtype):
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
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    device = torch.device(options.device)
    dtype = best_dtype(device)
    student, raw, resumed = open_student(options.student, options.out)
    student.to(device)
    teacher = Teacher(*read_gguf(options.teacher), dtype).to(device)
    optimizer = torch.optim.AdamW(
        trained_groups(student, options.rate, options.mlp_rate), betas=(0.9, 0.95), fused=True
    )
    step, tokens = restore(options.out, optimizer) if resumed else (0, 0)
    generator = torch.Generator().manual_seed(options.seed + step)
    questions, twice, plain = (float(s) for s in options.shares.split(","))
    batches = mixed_batches(
        options.data,
        FileTokenizer(options.student / "tokenizer.json"),
        batch=options.batch,
        length=options.length,
        seed=options.seed + 7919 * (step + 1),
        shares=(questions, twice, plain),
    )
    log = Log(options.out.with_suffix(".jsonl"))
    progress = Progress(options.steps, options.minutes)
    trained = [p for p in student.parameters() if p.requires_grad]
    recent: dict[str, list[float]] = {}

    def checkpoint() -> None:
        save(options.out, student, raw, optimizer, step, tokens)
        shutil.copy(options.student / "tokenizer.json", options.out / "tokenizer.json")

    while (fraction := progress.fraction(step)) < 1:
        ids, labels, asked = (part.to(device) for part in next(batches))
        for name, value in train_step(student, teacher, (ids, labels, asked), dtype, generator).items():
            recent.setdefault(name, []).append(value)
        set_rate(optimizer, learning_rate(fraction, step))
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step, tokens = step + 1, tokens + ids.numel()
        if step % 10 == 0:
            log.write(step, tokens, **{name: sum(values) / len(values) for name, values in recent.items()})
            recent.clear()
        if step % options.save_every == 0:
            checkpoint()
    checkpoint()


def parser(description: str, shares: str, rate: float, mlp_rate: float) -> argparse.ArgumentParser:
    """Options of the end-to-end stages; they differ in their defaults only."""
    options = argparse.ArgumentParser(description=description)
    for name in ("teacher", "student", "data", "out"):
        options.add_argument(f"--{name}", type=Path, required=True)
    options.add_argument("--shares", default=shares, help="questions, passages said twice, prose")
    options.add_argument("--steps", type=int, default=100_000)
    options.add_argument("--minutes", type=float, default=1e9)
    options.add_argument("--batch", type=int, default=4)
    options.add_argument("--length", type=int, default=512)
    options.add_argument("--rate", type=float, default=rate)
    options.add_argument("--mlp-rate", type=float, default=mlp_rate, help="0 freezes the MLPs")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--save-every", type=int, default=60)
    options.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return options


def main(arguments: list[str] | None = None) -> None:
    run(parser("Distil the teacher into the hybrid, end to end.", "0.4,0.3,0.3", 5e-4, 1e-4).parse_args(arguments))


if __name__ == "__main__":
    main()
