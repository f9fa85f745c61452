"""Train the reader: an encoder, all of its layers, and a head, on questions put to excerpts and on
claims.

python -m docqa.model.training.reader.train --start FOLDER --data FOLDER --out FOLDER [--tokens N]
[--shares SHARES]

`--start` is a folder with a reader, whose weights are trained further, or an encoder as it is
published (encoder_start.py). A run that was cut goes on with the same command; on another machine
with `--resume FILE`, the small checkpoint that is written beside the large one. The embeddings stay
as they are, rounded as they ship; ship.py makes up for the rounding of the matrices.
"""

import argparse
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import torch
from torch import Tensor
from torch.nn import functional

from docqa.model.checkpoints.formats.grouped import dequantize
from docqa.model.heads.reader_text import READER_TOKENIZER, reader_files
from docqa.model.training import loop
from docqa.model.training.data.claims import Claims, EncodedClaim
from docqa.model.training.data.excerpts import AskedExcerpts, ExcerptQuestions
from docqa.model.training.data.sets import QuestionSets, add_data_options, parse_with_sets

from .cross_encoder import HeadLogits, TrainableCrossEncoder, lay_out
from .encoder import Encoder
from .encoder_start import start_reader
from .losses import Figures, claim_loss, question_losses
from .measure import measure
from .reader_files import MATRIX_BITS, load_dense, packed, save_reader
from .resume import restore, save_resume

AVERAGED = 0.99  # of the average is kept at each step
TOKENS_TOGETHER = 1_300  # padding included
HEAD_RATE = (
    2e-4  # at 1e-3 the verdict, of which a step has few examples, was not learned in 600 steps
)


def of_like_length(pairs: Sequence[tuple[list[int], list[int]]], threads: int) -> list[list[int]]:
    """The numbers of the pairs in groups of like length and about as many tokens, as many for each
    thread; the longest pairs first."""
    size = [len(question) + len(text) + 1 for question, text in pairs]
    parts = threads * -(-sum(size) // (threads * TOKENS_TOGETHER))
    groups: list[list[int]] = [[] for _ in range(parts)]
    ends = 0
    for number in sorted(range(len(pairs)), key=lambda n: -size[n]):
        ends += size[number]
        groups[(ends - 1) * parts // sum(size)].append(number)
    return [group for group in groups if group]


@dataclass(frozen=True)
class ReaderBatch:
    """What one step reads."""

    asked: Sequence[AskedExcerpts]
    claims: Sequence[EncodedClaim] = ()

    def pairs(self) -> list[tuple[list[int], list[int]]]:
        """(question, excerpt) of all that is read, claims after the questions."""
        pairs = [pair for one in self.asked for pair in zip(one.asked, one.excerpts, strict=True)]
        return pairs + [(claim.asked, claim.evidence) for claim in self.claims]

    @property
    def tokens(self) -> int:
        """Of all that is read, questions among it."""
        return sum(len(a) + len(b) for a, b in self.pairs())


class StepCopies:
    """The weights that one step computes with: copies in the dtype of the products.

    What is read together is encoded in groups, by each thread of `pool` some.
    """

    def __init__(
        self, reader: TrainableCrossEncoder, precision: loop.Precision, pool: loop.WorkerPool
    ) -> None:
        self.reader = reader
        self.precision = precision
        self.pool = pool
        parts = reader.encoder.named_parameters()
        used = {name: part.detach().to(precision.dtype, copy=True) for name, part in parts}
        with torch.device("meta"):
            self.encoder = Encoder(reader.encoder.shape)
        self.encoder.load_state_dict(used, assign=True)
        for part, own in zip(self.encoder.parameters(), reader.encoder.parameters(), strict=True):
            part.requires_grad_(own.requires_grad)

    def encoded(
        self, pairs: Sequence[tuple[list[int], list[int]]]
    ) -> list[tuple[list[int], Tensor]]:
        """Groups of pairs, by their numbers, and their states [group, seq, hidden], float32."""
        learns = torch.is_grad_enabled()

        def states(group: list[int]) -> tuple[list[int], Tensor]:
            batch = lay_out([pairs[n] for n in group], self.reader.tokenizer.between).to(
                self.precision.device
            )
            with torch.set_grad_enabled(learns):
                return group, self.encoder(batch.ids, batch.mask).float()

        return list(self.pool.map(states, of_like_length(pairs, self.pool.threads)))

    def states(
        self,
        pairs: Sequence[tuple[list[int], list[int]]],
        encoded: Sequence[tuple[list[int], Tensor]],
    ) -> tuple[Tensor, Tensor]:
        """States [batch, seq, hidden] of pairs of question and excerpt, in their order, and where
        the excerpts are.
        """
        whole = lay_out(pairs, self.reader.tokenizer.between).to(self.precision.device)
        rows: list[Tensor] = [torch.empty(0)] * len(pairs)
        for group, states in encoded:
            filled = functional.pad(states, (0, 0, 0, whole.ids.shape[1] - states.shape[1]))
            for number, row in zip(group, filled, strict=True):
                rows[number] = row
        return torch.stack(rows), whole.excerpt

    def read(self, asked: Sequence[AskedExcerpts]) -> HeadLogits:
        """The head's logits for the excerpts of questions."""
        pairs = ReaderBatch(asked).pairs()
        found: HeadLogits = self.reader.head(*self.states(pairs, self.encoded(pairs)))
        return found

    def first_states(self, batch: ReaderBatch) -> Tensor:
        """The state of the first token of each pair, [pairs, hidden]."""
        pairs = batch.pairs()
        return self.states(pairs, self.encoded(pairs))[0][:, 0]

    def loss(
        self, batch: ReaderBatch, encoded: Sequence[tuple[list[int], Tensor]], figures: Figures
    ) -> Tensor:
        """The loss of a batch, of which all has been encoded."""
        head = self.reader.head
        states, excerpt = self.states(batch.pairs(), encoded)
        end = sum(len(one.excerpts) for one in batch.asked)
        read = head(states[:end], excerpt[:end])
        loss = question_losses(read, head.none, batch.asked, figures) / len(batch.asked)
        if batch.claims:
            judged = head.support(states[end:, 0]), head(states[end:], excerpt[end:]).verdict
            loss = loss + claim_loss(*judged, batch.claims, figures) / len(batch.claims)
        return loss

    def hand_over(self) -> None:
        """Add the gradients of the copies to those of the weights."""
        copies = (
            None if part.grad is None else part.grad.float() for part in self.encoder.parameters()
        )
        loop.add_gradients(self.reader.encoder.parameters(), copies)


def open_reader(options: argparse.Namespace) -> TrainableCrossEncoder:
    """The reader of `--start`, dense, where it is one; else the encoder there with a fresh head."""
    if reader_files(options.start):
        reader = load_dense(options.start)
        copyfile(options.start / READER_TOKENIZER, options.out / READER_TOKENIZER)
    else:
        reader = start_reader(options.start, options.out)
        lower = [
            part for layer in reader.encoder.layers[: options.frozen] for part in layer.parameters()
        ]
        for part in (reader.encoder.words.weight, *(part for part in lower if part.ndim == 2)):
            part.data = dequantize(*packed(part.data, MATRIX_BITS))
    frozen = tuple(f"encoder.layers.{number}." for number in range(options.frozen))
    for name, parameter in reader.named_parameters():
        trained = name.startswith(("head.", "encoder.layers.")) and not name.startswith(frozen)
        parameter.requires_grad_(trained)
    return reader.to(options.device)


def one_step(weights: StepCopies, batch: ReaderBatch) -> tuple[int, Mapping[str, float]]:
    """Leave the gradients of a step, of which every thread computes a share; its tokens and
    figures.

    The head sees all states at once, since the excerpts of a question share one softmax; the
    gradients of the states then go back through the encoder group by group.
    """
    figures = Figures()
    encoded = weights.encoded(batch.pairs())
    states = [found.detach().requires_grad_() for _, found in encoded]
    loss = weights.loss(
        batch, [(group, state) for (group, _), state in zip(encoded, states, strict=True)], figures
    )
    head = [part for part in weights.reader.head.parameters() if part.requires_grad]
    towards = torch.autograd.grad(loss, [*states, *head], allow_unused=True)
    for part, of_head in zip(head, towards[len(states) :], strict=True):
        part.grad = of_head
    trained = [part for part in weights.encoder.parameters() if part.requires_grad]

    def back(number: int) -> Sequence[Tensor | None]:
        return torch.autograd.grad(encoded[number][1], trained, towards[number], allow_unused=True)

    for gradients in weights.pool.map(back, range(len(encoded))):
        loop.add_gradients(trained, gradients)
    weights.hand_over()
    return batch.tokens, figures.means()


def subset_of(
    folders: Sequence[Path], number: int, reader: TrainableCrossEncoder
) -> list[AskedExcerpts]:
    """`number` natural questions of documents that are never trained on, the same every time."""
    paths = [path for folder in folders for path in (folder / "natural" / "dev").glob("*.jsonl.gz")]
    sets = QuestionSets({"natural": paths[0]}, {"natural": 1.0}) if paths else None
    parts = (
        [ExcerptQuestions(sets, reader.tokenizer, 5, validation=part) for part in (False, True)]
        if sets
        else []
    )
    return [
        one
        for part, share in zip(parts, (0.9, 0.1), strict=False)
        for one in part.fixed(round(share * number), 5)
    ]


@torch.no_grad()
def figures_of(
    weights: StepCopies,
    asked: Sequence[AskedExcerpts],
    claims: Sequence[EncodedClaim],
) -> loop.Figures:
    """The figures of `measure`; none without questions."""
    head = weights.reader.head

    def judge(few: Sequence[EncodedClaim]) -> Tensor:
        found: Tensor = head.support(weights.first_states(ReaderBatch((), few)))
        return found

    return measure(weights.read, judge, head.none, asked, claims) if asked else {}


def train(options: argparse.Namespace) -> None:
    """Train until the steps or the minutes are over; the averaged weights are kept at every
    `--save-every` steps.
    """
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    reader = open_reader(options)
    precision = loop.Precision.best(options.device)
    questions = ExcerptQuestions(options.sets, reader.tokenizer, options.seed)
    held_out = [
        *ExcerptQuestions(options.sets, reader.tokenizer, 5, validation=True).fixed(
            options.validate, 5
        )
    ]
    fixed = subset_of(options.data, options.subset, reader)
    claims = Claims(options.data, reader.tokenizer)
    held_out_claims = Claims(options.data, reader.tokenizer, validation=True).fixed(
        options.validate, 5
    )
    run = loop.TrainingRun(
        options,
        reader,
        reader_optimizer(reader, options.rate),
        log=options.out / "reader.jsonl",
        saved=options.out / "reader_training.safetensors",
        average=AVERAGED,
        warmup=60,
        log_every=20,
    )
    if options.resume is not None and not run.step:
        restore(run, options.start, options.resume)
    rng = random.Random(f"{options.seed} {run.step}")
    drawing = loop.WorkerPool(1)
    pool = loop.WorkerPool(options.threads)

    def draw() -> ReaderBatch:
        return ReaderBatch(
            [questions.draw(rng) for _ in range(options.batch)],
            [claims.draw(rng) for _ in range(options.claims if claims.by_set else 0)],
        )

    coming = drawing.submit(draw)

    def step() -> tuple[int, loop.Figures]:
        nonlocal coming
        now = coming.result()
        coming = drawing.submit(draw)
        weights = StepCopies(reader, precision, pool)
        tokens, figures = one_step(weights, now)
        return tokens, dict(figures)

    def keep() -> loop.Figures:
        now = {name: part.detach().clone() for name, part in run.trained.items()}
        reader.load_state_dict(run.average, strict=False)
        save_reader(reader, options.out)
        if reader_files(options.start):
            save_resume(run, options.start, options.out / "resume.safetensors")
        figures: loop.Figures = {}
        if held_out and run.step >= measured_at[-1] + options.measure_every:
            measured_at.append(run.step)
            figures = measured()
        reader.load_state_dict(now, strict=False)
        return figures

    def measured() -> loop.Figures:
        weights = StepCopies(reader, precision, pool)
        found = figures_of(weights, held_out, held_out_claims)
        return found | {
            f"natural {name}": value for name, value in figures_of(weights, fixed, []).items()
        }

    measured_at = [run.step]
    if fixed and options.measure_first:
        print(measured(), flush=True)

    run.train(step, keep)


def reader_optimizer(reader: TrainableCrossEncoder, rate: float) -> torch.optim.AdamW:
    """AdamW: the encoder at `rate`, the head at HEAD_RATE; vectors do not decay."""
    groups = []
    for part, peak in ((reader.head, HEAD_RATE), (reader.encoder, rate)):
        trained = [p for p in part.parameters() if p.requires_grad]
        groups.append(loop.parameter_group((p for p in trained if p.ndim == 2), peak, 0.01))
        groups.append(loop.parameter_group((p for p in trained if p.ndim != 2), peak))
    return loop.make_optimizer(groups, 0.98)


def main(arguments: list[str] | None = None) -> None:
    parser = loop.stage_parser(
        "Train the reader on questions put to excerpts, and on claims.", "start", "out"
    )
    add_data_options(parser)
    loop.add_run_options(parser, rate=6e-5, save_every=200)
    parser.add_argument("--batch", type=int, default=16, help="questions a step")
    parser.add_argument("--claims", type=int, default=4, help="claims a step")
    parser.add_argument(
        "--resume", type=Path, help="a small checkpoint to go on from where --out has no large one"
    )
    parser.add_argument(
        "--subset", type=int, default=300, help="questions of natural/dev that are measured"
    )
    parser.add_argument("--measure-every", type=int, default=400, metavar="STEPS")
    parser.add_argument(
        "--measure-first", action="store_true", help="print the figures before the first step"
    )
    parser.add_argument(
        "--frozen",
        type=int,
        default=4,
        help="lower layers that stay as they are, rounded as they ship",
    )
    parser.add_argument("--threads", type=int, default=1, help="each with its share of a step")
    parser.add_argument(
        "--validate", type=int, default=12, help="questions of each set kept for validation"
    )
    options = parse_with_sets(parser, arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    train(options)


if __name__ == "__main__":
    main()
