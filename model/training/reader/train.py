"""Train the reader: an encoder, all of its layers, and a head, on questions put to short excerpts.

python -m docqa.model.training.reader.train --start FOLDER --data FOLDER --out FOLDER [--minutes M]

`--start` is an encoder as it is published (encoder_start.py); where `--out` has a reader, that one is gone on with.
The embeddings stay as they are, rounded as they ship.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from docqa.model.checkpoints.quantize import dequantize, quantize_matrix
from docqa.model.checkpoints.weights import head_metadata, head_tensors
from docqa.model.heads.cross_encoder import (
    EMBEDDING_BITS,
    READER_FILE,
    READER_TOKENIZER,
    CrossEncoder,
    ReaderTokenizer,
    described,
    hold,
    lay_out,
    shape_of,
    stored_form,
    stored_parts,
)
from docqa.model.heads.span import best_spans
from docqa.model.training.data.excerpts import AskedExcerpts, ExcerptQuestions
from docqa.model.training.data.synonyms import Synonyms
from docqa.model.training.heads.span import LONGEST_SPAN, overlap, shared_loss
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
from docqa.model.training.reader.encoder_start import start_reader

EMA = 0.995
TOGETHER = 8  # excerpts of like length, read at once
HEAD_RATE = 1e-3


@dataclass(frozen=True)
class How:
    """Where and in what dtype products are made."""

    dtype: torch.dtype
    device: torch.device = torch.device("cpu")

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=self.dtype, enabled=self.dtype != torch.float32)


def logits(reader: CrossEncoder, asked: list[AskedExcerpts], how: How) -> tuple[Tensor, Tensor, Tensor]:
    """(start, end) logits [excerpts, seq] and the question of each excerpt; column 0 is the excerpt's first token.

    Excerpts of like length are read together, which saves filling.
    """
    pairs = [(one.question, text) for one in asked for text in one.excerpts]
    question = torch.tensor([number for number, one in enumerate(asked) for _ in one.excerpts])
    order = sorted(range(len(pairs)), key=lambda i: sum(map(len, pairs[i])))
    rows: list[tuple[int, Tensor, Tensor]] = []
    for part in (order[at : at + TOGETHER] for at in range(0, len(order), TOGETHER)):
        batch = lay_out([pairs[i] for i in part], reader.tokenizer.between).to(how.device)
        with how.autocast():
            states = reader.encoder(batch.ids, batch.mask, batch.excerpt)
        starts, ends = reader.head(states.float(), batch.excerpt)
        for row, number in enumerate(part):
            inside = slice(batch.first[row], batch.first[row] + len(pairs[number][1]))
            rows.append((number, starts[row, inside].cpu(), ends[row, inside].cpu()))
    rows.sort(key=lambda row: row[0])
    start = nn.utils.rnn.pad_sequence([a for _, a, _ in rows], batch_first=True, padding_value=float("-inf"))
    end = nn.utils.rnn.pad_sequence([b for _, _, b in rows], batch_first=True, padding_value=float("-inf"))
    return start, end, question


def loss_of(reader: CrossEncoder, asked: list[AskedExcerpts], found: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Cross entropy of start and end, each over all tokens of a question's excerpts and "no answer"."""
    start, end, question = found
    offset = torch.tensor([0, *(len(one.excerpts) for one in asked)]).cumsum(0).tolist()
    golds = [(base + e, a, b) for base, one in zip(offset, asked, strict=False) for e, a, b in one.golds]
    none = reader.head.none.cpu()
    first = shared_loss(start, none[0], question, [(p, a) for p, a, _ in golds], len(asked))
    return first + shared_loss(end, none[1], question, [(p, b) for p, _, b in golds], len(asked))


def question_loss(reader: CrossEncoder, asked: list[AskedExcerpts], how: How) -> Tensor:
    """`loss_of` what the reader makes of the questions."""
    return loss_of(reader, asked, logits(reader, asked, how))


def one_part(reader: CrossEncoder, asked: list[AskedExcerpts], how: How) -> tuple[float, tuple[Tensor, ...]]:
    """Loss of some questions, and the gradients of what is trained."""
    loss = question_loss(reader, asked, how)
    return float(loss.detach()), torch.autograd.grad(loss, learning(reader))


def learning(reader: CrossEncoder) -> list[nn.Parameter]:
    """The parameters that training changes."""
    return [parameter for parameter in reader.parameters() if parameter.requires_grad]


@torch.no_grad()
def evaluate(reader: CrossEncoder, asked: list[AskedExcerpts], how: How) -> dict[str, float]:
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


def open_reader(options: argparse.Namespace) -> CrossEncoder:
    """The reader of `--out`, dense, where a run is gone on with; else the encoder of `--start` with a fresh head."""
    stored = head_tensors(options.out / READER_FILE)
    if stored is not None:
        reader = CrossEncoder(
            shape_of(head_metadata(options.out / READER_FILE)), ReaderTokenizer(options.out / READER_TOKENIZER)
        )
        packed, dense = stored_parts(stored)
        hold(reader, packed, keep=False)
        reader.load_state_dict(dense, strict=False)
    else:
        reader = start_reader(options.start, options.out)
        words = reader.encoder.words
        words.weight.data = dequantize(*quantize_matrix(words.weight.data, EMBEDDING_BITS))
    for name, parameter in reader.named_parameters():
        parameter.requires_grad_(name.startswith(("head.", "encoder.layers.")))
    return reader.to(options.device)


def train(options: argparse.Namespace) -> None:
    """Train until the steps or the minutes are over; the averaged weights are kept at every `--save-every` steps."""
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    device = torch.device(options.device)
    reader = open_reader(options)
    how = How(best_dtype(device), device)
    synonyms = Synonyms(options.synonyms) if options.synonyms else None
    questions = ExcerptQuestions(options.data, reader.tokenizer, options.seed, synonyms=synonyms)
    held_out = [*ExcerptQuestions(options.data, reader.tokenizer, 5, validation=True).fixed(options.validate, 5, 3)]
    trained, optimizer = learning(reader), make_reader_optimizer(reader, options.rate)
    average = Average(dict(reader.named_parameters()), EMA)
    log, progress = Log(options.out / "reader.jsonl"), Progress(options.steps, options.minutes)
    rng = random.Random(options.seed * 1000 + 1)
    pool, drawing = worker_pool(options.threads), worker_pool(1)

    def draw() -> list[AskedExcerpts]:
        return [questions.draw(rng, options.wrong) for _ in range(options.batch)]

    def keep(step: int, tokens: int) -> None:
        save(average.tensors, reader, options.out)
        if held_out:
            log.write(step, tokens, **evaluate_average(reader, average.tensors, held_out, how))

    coming = drawing.submit(draw)
    step, tokens, losses = 0, 0, []
    while (fraction := progress.fraction(step)) < 1:
        asked, coming = coming.result(), drawing.submit(draw)
        set_rate(optimizer, learning_rate(fraction, step, 50))
        parts = [asked[number :: options.threads] for number in range(options.threads)]
        for loss, gradients in pool.map(lambda part: one_part(reader, part, how), parts):
            losses.append(loss)
            add_gradients(trained, gradients, options.threads)
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        average.update({name: part for name, part in reader.named_parameters() if part.requires_grad})
        tokens += sum(len(one.question) + len(text) for one in asked for text in one.excerpts)
        step += 1
        if step % 20 == 0:
            log.write(step, tokens, loss=sum(losses) / len(losses), fraction=fraction)
            losses = []
        if step % options.save_every == 0:
            keep(step, tokens)
    keep(step, tokens)


def make_reader_optimizer(reader: CrossEncoder, rate: float) -> torch.optim.AdamW:
    """AdamW: the encoder at `rate`, the head at HEAD_RATE; vectors do not decay."""
    groups = []
    for begins, peak in (("head.", HEAD_RATE), ("encoder.", rate)):
        parts = [p for name, p in reader.named_parameters() if name.startswith(begins) and p.requires_grad]
        for chosen, decay in (([p for p in parts if p.ndim == 2], 0.01), ([p for p in parts if p.ndim != 2], 0.0)):
            groups.append({"params": chosen, "lr": peak, "peak": peak, "weight_decay": decay})
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)


def evaluate_average(
    reader: CrossEncoder, average: dict[str, Tensor], asked: list[AskedExcerpts], how: How
) -> dict[str, float]:
    """`evaluate` with the averaged weights, which are taken out again."""
    now = {name: part.detach().clone() for name, part in reader.named_parameters()}
    reader.load_state_dict(average)
    figures = evaluate(reader, asked, how)
    reader.load_state_dict(now)
    return figures


def save(tensors: dict[str, Tensor], reader: CrossEncoder, folder: Path) -> None:
    """Write the reader as it ships, atomically."""
    from safetensors.torch import save_file

    fresh = folder / (READER_FILE + ".new")
    save_file(stored_form(tensors), fresh, metadata=described(reader.encoder.shape))
    fresh.replace(folder / READER_FILE)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train the reader on questions put to short excerpts.")
    for name in ("start", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=24, help="questions a step")
    parser.add_argument("--threads", type=int, default=2, help="each with its share of the questions")
    parser.add_argument("--wrong", type=int, default=3, help="excerpts a question that do not answer it")
    parser.add_argument("--synonyms", type=Path, help="WordNet's database: some questions are put in other words")
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=1.5e-4, help="of the encoder")
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
