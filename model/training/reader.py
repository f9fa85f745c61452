"""Train the reader: adapters in some layers of the frozen trunk, and a head, on questions put to short excerpts.

python -m docqa.model.training.reader --student FOLDER --data FOLDER --out FOLDER [--layers N] [--minutes M]
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from docqa.kernels.products import packed_is_faster
from docqa.model.config import HybridConfig
from docqa.model.errors import WeightsMissing
from docqa.model.load import load_network
from docqa.model.prompt import PREAMBLE
from docqa.model.reader import READER_FILE, Reader, ReaderHead, lay_out, own_form, stored_form
from docqa.model.span_head import SpanHead, best_spans
from docqa.model.training import span as span_training
from docqa.model.training.data import FileTokenizer
from docqa.model.training.excerpts import AskedExcerpts, ExcerptQuestions
from docqa.model.training.frozen import follow_back
from docqa.model.training.loop import (
    Average,
    Log,
    Progress,
    add_gradients,
    best_dtype,
    learning_rate,
    set_rate,
    worker_pool,
)
from docqa.model.training.span import LONGEST_SPAN, overlap, shared_loss

EMA = 0.995
TOGETHER = 6  # excerpts
HEAD_RATE = 1e-3


@dataclass(frozen=True)
class How:
    """What stands before a passage where the span head reads it, and where and in what dtype products are made."""

    preamble: list[int]
    dtype: torch.dtype
    device: torch.device = torch.device("cpu")

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=self.dtype, enabled=self.dtype != torch.float32)


def logits(reader: Reader, asked: list[AskedExcerpts], how: How) -> tuple[Tensor, Tensor, Tensor]:
    """(start, end) logits [excerpts, seq] and the question of each excerpt; column 0 is the excerpt's first token.

    Excerpts of like length are read together, which saves filling.
    """
    pairs = [(one.question, text) for one in asked for text in one.excerpts]
    alone = [one.alone for one in asked for _ in one.excerpts]
    question = torch.tensor([number for number, one in enumerate(asked) for _ in one.excerpts])
    order = sorted(range(len(pairs)), key=lambda i: sum(map(len, pairs[i])))
    rows: list[tuple[int, Tensor, Tensor]] = []
    for part in (order[at : at + TOGETHER] for at in range(0, len(order), TOGETHER)):
        batch = lay_out([pairs[i] for i in part]).to(how.device)
        with how.autocast():
            states = reader.states(batch.ids)
            pointed = reader.pointed(batch, how.preamble, [alone[i] for i in part])
        starts, ends = reader.head(states, batch, pointed)
        for row, number in enumerate(part):
            inside = slice(batch.first[row], batch.first[row] + len(pairs[number][1]))
            rows.append((number, starts[row, inside].cpu(), ends[row, inside].cpu()))
    rows.sort(key=lambda row: row[0])
    start = nn.utils.rnn.pad_sequence([a for _, a, _ in rows], batch_first=True, padding_value=float("-inf"))
    end = nn.utils.rnn.pad_sequence([b for _, _, b in rows], batch_first=True, padding_value=float("-inf"))
    return start, end, question


def loss_of(reader: Reader, asked: list[AskedExcerpts], found: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Cross entropy of start and end, each over all tokens of a question's excerpts and "no answer"."""
    start, end, question = found
    offset = torch.tensor([0, *(len(one.excerpts) for one in asked)]).cumsum(0).tolist()
    golds = [(base + e, a, b) for base, one in zip(offset, asked, strict=False) for e, a, b in one.golds]
    none = reader.head.none.cpu()
    first = shared_loss(start, none[0], question, [(p, a) for p, a, _ in golds], len(asked))
    return first + shared_loss(end, none[1], question, [(p, b) for p, _, b in golds], len(asked))


def question_loss(reader: Reader, asked: list[AskedExcerpts], how: How) -> Tensor:
    """`loss_of` what the reader makes of the questions."""
    return loss_of(reader, asked, logits(reader, asked, how))


def split(asked: list[AskedExcerpts], parts: int) -> list[list[AskedExcerpts]]:
    """The questions dealt out to `parts` threads."""
    return [asked[number::parts] for number in range(parts)]


def one_part(reader: Reader, asked: list[AskedExcerpts], how: How) -> tuple[float, tuple[Tensor, ...]]:
    """Loss of some questions, and the gradients of the reader's own parameters."""
    loss = question_loss(reader, asked, how)
    return float(loss.detach()), torch.autograd.grad(loss, reader.own_parameters())


@torch.no_grad()
def evaluate(reader: Reader, asked: list[AskedExcerpts], how: How) -> dict[str, float]:
    """Figures on fixed questions.

    val_loss; span_f1: token F1 of the best span in a right excerpt; excerpt_right: the best excerpt is a right one;
    told_apart: how often the best span stands higher above "no answer" for an answered question than for an unanswered
    one (0.5: chance).
    """
    reader.eval()
    losses, f1, right = [], [], []
    yes: list[float] = []
    no: list[float] = []
    for begin in range(0, len(asked), 8):
        part = asked[begin : begin + 8]
        start, end, question = logits(reader, part, how)
        losses.append(float(loss_of(reader, part, (start, end, question))))
        for number, one in enumerate(part):
            here = (question == number).nonzero().squeeze(1)
            best = best_spans(start[here], end[here], LONGEST_SPAN, 1)
            margin = best[0].score - float(reader.head.none.sum())
            (yes if one.golds else no).append(margin)
            if one.golds:
                holding = {e for e, _, _ in one.golds}
                right.append(best[0].passage in holding)
                inner = next(span for span in best if span.passage in holding)
                f1.append(max(overlap(inner.first, inner.last, a, b) for e, a, b in one.golds if e == inner.passage))
    reader.train()
    higher = (torch.tensor(yes)[:, None] > torch.tensor(no)[None]).float().mean()
    return {
        "val_loss": sum(losses) / len(losses), "span_f1": sum(f1) / len(f1), "excerpt_right": sum(right) / len(right),
        "told_apart": float(higher),
    }  # fmt: skip


def products_in(device: torch.device) -> tuple[bool, torch.dtype]:
    """Whether the trunk's matrices stay packed, and the dtype of all other products: what is fastest on the device."""
    dtype = best_dtype(device)
    packed = device.type == "cpu" and packed_is_faster(than_bfloat16=dtype == torch.bfloat16)
    return packed, torch.float32 if packed else dtype


def open_reader(options: argparse.Namespace) -> Reader:
    """A fresh reader over the student's layers, or the one of `--out` where a run is gone on with."""
    config = HybridConfig.from_folder(options.student)
    packed, frozen = products_in(torch.device(options.device))
    network = load_network(options.student, config, torch.float32, options.layers, packed=packed)
    span = SpanHead.load(options.student)
    if span is None:
        raise WeightsMissing(f"{options.student} has no span head; train one first: python -m {span_training.__name__}")
    head = ReaderHead(config.hidden_size, span.width, dropout=options.dropout)
    head.none.data.copy_(span.none)
    reader = Reader(network, options.first, options.rank, head, span)
    if packed:
        follow_back(reader, best_dtype(torch.device(options.device)))
    for name, parameter in reader.named_parameters():
        parameter.requires_grad_(name.startswith("head.") or name.endswith((".down", ".up")))
        if name.startswith("network.") and parameter.ndim == 2 and not parameter.requires_grad:
            parameter.data = parameter.data.to(frozen)  # cast once, not in every step
    return reader if packed else reader.to(options.device)  # packed matrices leave tensors without content behind


def train(options: argparse.Namespace) -> None:
    """Train until the steps or the minutes are over; the averaged weights are kept at every `--save-every` steps."""
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    tokenizer = FileTokenizer(options.student / "tokenizer.json")
    device = torch.device(options.device)
    how = How(tokenizer.encode(PREAMBLE), products_in(device)[1], device)
    questions = ExcerptQuestions(options.data, tokenizer, options.seed)
    held_out = [*ExcerptQuestions(options.data, tokenizer, 5, validation=True).fixed(options.validate, 5, 2)]
    reader = open_reader(options)
    if (options.out / READER_FILE).exists():
        load_own(reader, options.out)
    else:
        rng = random.Random(options.seed)
        _standardise(reader, [questions.draw(rng, options.wrong) for _ in range(60)], how)
    trained, optimizer = reader.own_parameters(), make_reader_optimizer(reader, options.rate)
    average = Average(reader.own_tensors(), EMA)
    log, progress = Log(options.out / "reader.jsonl"), Progress(options.steps, options.minutes)
    rng = random.Random(options.seed * 1000 + 1)
    pool, drawing = worker_pool(options.threads), worker_pool(1)

    def draw() -> list[AskedExcerpts]:
        return [questions.draw(rng, options.wrong) for _ in range(options.batch)]

    def keep(step: int, tokens: int) -> None:
        save_own(average.tensors, reader, options.out)
        if held_out:
            log.write(step, tokens, **evaluate_average(reader, average.tensors, held_out, how))

    coming = drawing.submit(draw)
    step, tokens, losses = 0, 0, []
    while (fraction := progress.fraction(step)) < 1:
        asked, coming = coming.result(), drawing.submit(draw)
        set_rate(optimizer, learning_rate(fraction, step, 50))
        for loss, gradients in pool.map(lambda part: one_part(reader, part, how), split(asked, options.threads)):
            losses.append(loss)
            add_gradients(trained, gradients, options.threads)
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        average.update(reader.own_tensors())
        tokens += sum(len(one.question) + len(text) for one in asked for text in one.excerpts)
        step += 1
        if step % 20 == 0:
            log.write(step, tokens, loss=sum(losses) / len(losses), fraction=fraction)
            losses = []
        if step % options.save_every == 0:
            keep(step, tokens)
    keep(step, tokens)


def make_reader_optimizer(reader: Reader, rate: float) -> torch.optim.AdamW:
    """AdamW: adapters at `rate`, without decay; the head at HEAD_RATE."""
    head = [p for name, p in reader.named_parameters() if name.startswith("head.")]
    known = {id(p) for p in head}
    adapters = [p for p in reader.own_parameters() if id(p) not in known]
    groups = [
        {"params": head, "lr": HEAD_RATE, "peak": HEAD_RATE, "weight_decay": 0.01},
        {"params": adapters, "lr": rate, "peak": rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)


def evaluate_average(
    reader: Reader, average: dict[str, Tensor], asked: list[AskedExcerpts], how: How
) -> dict[str, float]:
    """`evaluate` with the averaged weights, which are taken out again."""
    now = {name: part.clone() for name, part in reader.own_tensors().items()}
    reader.load_state_dict(average, strict=False)
    figures = evaluate(reader, asked, how)
    reader.load_state_dict(now, strict=False)
    return figures


@torch.no_grad()
def _standardise(reader: Reader, asked: list[AskedExcerpts], how: How) -> None:
    """Set the head's mean and scale from the states of some excerpts."""
    seen = []
    for one in asked:
        batch = lay_out([(one.question, text) for text in one.excerpts]).to(how.device)
        with how.autocast():
            seen.append(reader.states(batch.ids)[batch.mask].float())
    rows = torch.cat(seen)
    middle = rows.median(0).values
    spread = (rows - middle).abs().quantile(0.68, 0)  # a few tokens carry outliers of thousands of deviations
    reader.head.mean.copy_(middle)
    reader.head.scale.copy_(1 / (spread + 1e-6))


def save_own(tensors: dict[str, Tensor], reader: Reader, folder: Path) -> None:
    """Write adapters and head, with the layers they belong to, atomically."""
    from safetensors.torch import save_file

    fresh = folder / (READER_FILE + ".new")
    about = {"first": str(reader.first), "layers": str(len(reader.network.layers)), "rank": str(reader.rank)}
    save_file(stored_form(tensors), fresh, metadata=about)
    fresh.replace(folder / READER_FILE)


def load_own(reader: Reader, folder: Path) -> None:
    from safetensors.torch import load_file

    reader.load_state_dict(own_form(load_file(folder / READER_FILE)), strict=False)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train the reader on questions put to short excerpts.")
    for name in ("student", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=11, help="of the trunk, from the first on")
    parser.add_argument("--first", type=int, default=3, help="layer that gets adapters, and those above it")
    parser.add_argument("--rank", type=int, default=24)
    parser.add_argument("--batch", type=int, default=10, help="questions a step")
    parser.add_argument("--threads", type=int, default=2, help="each with its share of the questions")
    parser.add_argument("--wrong", type=int, default=2, help="excerpts a question that do not answer it")
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=1e-3, help="of the adapters")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--validate", type=int, default=25, help="questions of each set kept for validation")
    parser.add_argument("--save-every", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    # Two shares of a step on a thread each do not wait for each other at every product.
    torch.set_num_threads(1)
    train(options)


if __name__ == "__main__":
    main()
