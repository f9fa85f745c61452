"""Train the reader: an encoder, all of its layers, and a head, on questions put to short excerpts.

python -m docqa.model.training.reader.train --start FOLDER --data FOLDER --out FOLDER [--minutes M] [--shares SHARES]

`--start` is an encoder as it is published (encoder_start.py); where `--out` has a reader, its weights are trained
further. A run that was cut goes on with the same command. The embeddings stay as they are, rounded as they ship.
"""

from __future__ import annotations

import argparse
import random
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from docqa.model.checkpoints.formats.grouped import dequantize, quantize_matrix
from docqa.model.checkpoints.weights import head_metadata, head_tensors
from docqa.model.heads.cross_encoder import (
    EMBEDDING_BITS,
    READER_FILE,
    READER_TOKENIZER,
    CrossEncoder,
    ReaderTokenizer,
    attach_packed,
    described,
    lay_out,
    shape_of,
    stored_form,
    stored_parts,
)
from docqa.model.heads.span import best_spans
from docqa.model.training import loop
from docqa.model.training.data.excerpts import AskedExcerpts, ExcerptQuestions
from docqa.model.training.data.sets import add_data_options, parse_with_sets
from docqa.model.training.data.synonyms import Synonyms
from docqa.model.training.heads.span import LONGEST_SPAN, overlap, span_loss
from docqa.model.training.reader.encoder_start import start_reader

AVERAGED = 0.995  # of the average is kept at each step
TOGETHER = 8  # excerpts of like length, read at once
HEAD_RATE = 1e-3


def logits(
    reader: CrossEncoder, asked: list[AskedExcerpts], precision: loop.Precision
) -> tuple[Tensor, Tensor, Tensor]:
    """(start, end) logits [excerpts, seq] and the question of each excerpt; column 0 is the excerpt's first token.

    Excerpts of like length are read together, which saves filling.
    """
    pairs = [(one.question, text) for one in asked for text in one.excerpts]
    question = torch.tensor([number for number, one in enumerate(asked) for _ in one.excerpts])
    order = sorted(range(len(pairs)), key=lambda i: sum(map(len, pairs[i])))
    rows: list[tuple[int, Tensor, Tensor]] = []
    for part in (order[at : at + TOGETHER] for at in range(0, len(order), TOGETHER)):
        batch = lay_out([pairs[i] for i in part], reader.tokenizer.between).to(precision.device)
        with precision.autocast():
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
    return span_loss(start, end, reader.head.none.cpu(), question, golds, len(asked))


def question_loss(reader: CrossEncoder, asked: list[AskedExcerpts], precision: loop.Precision) -> Tensor:
    """`loss_of` what the reader makes of the questions."""
    return loss_of(reader, asked, logits(reader, asked, precision))


@torch.no_grad()
def evaluate(reader: CrossEncoder, asked: list[AskedExcerpts], precision: loop.Precision) -> loop.Figures:
    """Figures on fixed questions.

    val_loss; span_f1: token F1 of the best span in a right excerpt; excerpt_right: the best excerpt is a right one;
    told_apart: how often the margin of the best span over "no answer" is greater for an answered question than for an
    unanswered one (0.5: chance).
    """
    reader.eval()
    losses, f1, right = [], [], []
    yes: list[float] = []
    no: list[float] = []
    for begin in range(0, len(asked), 8):
        part = asked[begin : begin + 8]
        start, end, question = logits(reader, part, precision)
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
    figures = {"val_loss": sum(losses) / len(losses)}
    if f1:
        figures |= {"span_f1": sum(f1) / len(f1), "excerpt_right": sum(right) / len(right)}
    if yes and no:
        figures["told_apart"] = float((torch.tensor(yes)[:, None] > torch.tensor(no)[None]).float().mean())
    return figures


def open_reader(options: argparse.Namespace) -> CrossEncoder:
    """The reader of `--out`, dense, where there is one; else the encoder of `--start` with a fresh head."""
    stored = head_tensors(options.out / READER_FILE)
    if stored is not None:
        reader = CrossEncoder(
            shape_of(head_metadata(options.out / READER_FILE)), ReaderTokenizer(options.out / READER_TOKENIZER)
        )
        packed, dense = stored_parts(stored)
        attach_packed(reader, packed, keep=False)
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
    reader, precision = open_reader(options), loop.Precision.best(options.device)
    synonyms = Synonyms(options.synonyms) if options.synonyms else None
    questions = ExcerptQuestions(options.sets, reader.tokenizer, options.seed, synonyms=synonyms)
    held_out = [*ExcerptQuestions(options.sets, reader.tokenizer, 5, validation=True).fixed(options.validate, 5, 3)]
    run = loop.Run(
        options, reader, reader_optimizer(reader, options.rate), log=options.out / "reader.jsonl",
        saved=options.out / "reader_training.safetensors", average=AVERAGED, warmup=50, log_every=20,
    )  # fmt: skip
    rng = random.Random(f"{options.seed} {run.step}")
    pool, drawing = loop.worker_pool(options.threads), loop.worker_pool(1)

    def draw() -> list[AskedExcerpts]:
        return [questions.draw(rng, options.wrong) for _ in range(options.batch)]

    def part(asked: list[AskedExcerpts]) -> tuple[Tensor, int]:
        tokens = sum(len(one.question) + len(text) for one in asked for text in one.excerpts)
        return question_loss(reader, asked, precision), tokens

    coming = drawing.submit(draw)

    def one_step() -> tuple[int, loop.Figures]:
        nonlocal coming
        asked, coming = coming.result(), drawing.submit(draw)
        parts = [partial(part, asked[number :: options.threads]) for number in range(options.threads)]
        tokens, loss = loop.in_threads(pool, run.trained.values(), parts)
        return tokens, {"loss": loss}

    def keep() -> loop.Figures:
        stored = stored_form(dict(reader.named_parameters()) | run.average)
        loop.save_tensors(options.out / READER_FILE, stored, described(reader.encoder.shape))
        return evaluate_average(reader, run.average, held_out, precision) if held_out else {}

    run.train(one_step, keep)


def reader_optimizer(reader: CrossEncoder, rate: float) -> torch.optim.AdamW:
    """AdamW: the encoder at `rate`, the head at HEAD_RATE; vectors do not decay."""
    groups = []
    for part, peak in ((reader.head, HEAD_RATE), (reader.encoder, rate)):
        trained = [p for p in part.parameters() if p.requires_grad]
        groups.append(loop.parameter_group((p for p in trained if p.ndim == 2), peak, 0.01))
        groups.append(loop.parameter_group((p for p in trained if p.ndim != 2), peak))
    return loop.make_optimizer(groups, 0.98)


def evaluate_average(
    reader: CrossEncoder, average: dict[str, Tensor], asked: list[AskedExcerpts], precision: loop.Precision
) -> loop.Figures:
    """`evaluate` with the averaged weights, which are taken out again."""
    now = {name: part.detach().clone() for name, part in reader.named_parameters() if name in average}
    reader.load_state_dict(average, strict=False)
    figures = evaluate(reader, asked, precision)
    reader.load_state_dict(now, strict=False)
    return figures


def main(arguments: list[str] | None = None) -> None:
    parser = loop.stage_parser("Train the reader on questions put to short excerpts.", "start", "out")
    add_data_options(parser)
    loop.add_run_options(parser, rate=1.5e-4, minutes=60, save_every=200)
    parser.add_argument("--batch", type=int, default=24, help="questions a step")
    parser.add_argument("--threads", type=int, default=2, help="each with its share of the questions")
    parser.add_argument("--wrong", type=int, default=3, help="excerpts a question that do not answer it")
    parser.add_argument("--synonyms", type=Path, help="WordNet's database: some questions are put in other words")
    parser.add_argument("--validate", type=int, default=25, help="questions of each set kept for validation")
    options = parse_with_sets(parser, arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    # Two shares of a step on a thread each do not wait for each other at every product.
    torch.set_num_threads(1)
    train(options)


if __name__ == "__main__":
    main()
