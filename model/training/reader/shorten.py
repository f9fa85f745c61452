"""Have fewer layers do what the first ones of the reader do: the reader that is left is faster and smaller.

python -m docqa.model.training.reader.shorten --start FOLDER --data FOLDER --out FOLDER --of 4 --keep 0,1,3 [--to 12]

Copies of the layers `--keep` learn what the first `--of` layers make of questions and excerpts; with `--to` what comes
of it after so many layers, those between as they are (states instead of answers: Romero et al. 2015, arXiv 1412.6550,
section 2.2). The first token, which most heads read, weighs as FIRST others. Writes the shorter reader for ship.py; a
second run goes on from the first.
"""

import random
import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from shutil import copyfile

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from docqa.model.heads.reader_text import READER_TOKENIZER
from docqa.model.training import loop
from docqa.model.training.data.claims import Claims
from docqa.model.training.data.excerpts import ExcerptQuestions
from docqa.model.training.data.sets import add_data_options, parse_with_sets
from docqa.model.training.reader.cross_encoder import CrossEncoder, lay_out
from docqa.model.training.reader.reader_files import load_dense, save_reader
from docqa.model.training.reader.ship import AVERAGE

TRAINED = "reader_training.safetensors"
FIRST = 20.0
TOKENS_TOGETHER = 1_300
AVERAGED = 0.98  # of the average is kept at each step
Pairs = list[tuple[list[int], list[int]]]


class Shortened:
    """The first layers of a reader in `dtype`, and those that learn to do the same."""

    def __init__(self, reader: CrossEncoder, of: int, keep: Sequence[int], to: int, dtype: torch.dtype) -> None:
        self._encoder, self._dtype = reader.encoder.requires_grad_(False), dtype
        self._between = reader.tokenizer.between
        self.learned = nn.ModuleList(deepcopy(reader.encoder.layers[number]) for number in keep).requires_grad_(True)
        self._used = deepcopy(self.learned).to(dtype)
        self._teacher = deepcopy(reader.encoder.layers[:to]).to(dtype)
        self._of = of

    def errors(self, pairs: Pairs) -> Tensor:
        """Over all tokens and numbers, the sum of squared errors, and of the squares of what is wanted."""
        batch = lay_out(pairs, self._between)
        bias = self._encoder.bias(batch.mask).to(self._dtype)
        places = self._encoder.places(torch.arange(batch.ids.shape[1]))
        x = wanted = self._encoder.norm(self._encoder.words(batch.ids) + places).to(self._dtype)
        with torch.no_grad():
            for layer in self._teacher:
                wanted = layer(wanted, bias)
        for layer in (*self._used, *self._teacher[self._of :]):
            x = layer(x, bias)
        weight = torch.ones(wanted.shape[1]).index_fill(0, torch.tensor(0), FIRST)[None, :, None]
        apart, whole = ((weight * part.float().square())[batch.mask].sum() for part in (x - wanted, wanted))
        return torch.stack([apart, whole])

    def take_up(self) -> None:
        """Compute with what was learned."""
        for used, own in zip(self._used.parameters(), self.learned.parameters(), strict=True):
            used.data.copy_(own.data)
            used.grad = None

    def hand_over(self) -> None:
        """Give the gradients to what is learned."""
        for used, own in zip(self._used.parameters(), self.learned.parameters(), strict=True):
            own.grad = None if used.grad is None else used.grad.float()


def groups_of(pairs: Pairs) -> Iterator[Pairs]:
    """Pairs of like length, of about TOKENS_TOGETHER tokens."""
    group: Pairs = []
    for pair in sorted(pairs, key=lambda pair: sum(map(len, pair))):
        group.append(pair)
        if sum(len(asked) + len(text) for asked, text in group) > TOKENS_TOGETHER:
            yield group
            group = []
    if group:
        yield group


def write(reader: CrossEncoder, learned: nn.ModuleList, of: int, start: Path, out: Path) -> None:
    """The shorter reader in `out`, as the run of train.py leaves one."""
    layers = nn.ModuleList([*learned, *reader.encoder.layers[of:]])
    reader.encoder.layers, reader.encoder.shape = layers, replace(reader.encoder.shape, layers=len(layers))
    copyfile(start / READER_TOKENIZER, out / READER_TOKENIZER)
    save_reader(reader, out)
    trained = {f"{AVERAGE}encoder.layers.{name}": part for name, part in learned.named_parameters()}
    loop.save_tensors(out / TRAINED, trained)


def main(arguments: list[str] | None = None) -> None:
    parser = loop.stage_parser("Have fewer layers do what the first ones of the reader do.", "start", "out")
    add_data_options(parser)
    loop.add_run_options(parser, rate=2e-4, minutes=15)
    parser.add_argument("--of", type=int, required=True)
    parser.add_argument("--keep", type=lambda text: [int(number) for number in text.split(",")], required=True)
    parser.add_argument("--to", type=int)
    options = parse_with_sets(parser, arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    reader = load_dense(options.start)
    dtype = loop.Precision.best().dtype
    shortened = Shortened(reader, options.of, options.keep, options.to or options.of, dtype)
    learned = shortened.learned
    if (options.out / TRAINED).is_file():
        before = load_file(options.out / TRAINED)
        learned.load_state_dict({name.removeprefix(f"{AVERAGE}encoder.layers."): p for name, p in before.items()})
    average = {name: part.detach().clone() for name, part in learned.named_parameters()}
    groups = [
        loop.parameter_group((p for p in learned.parameters() if p.ndim == 2), options.rate, 0.01),
        loop.parameter_group((p for p in learned.parameters() if p.ndim != 2), options.rate),
    ]
    optimizer, rng = loop.make_optimizer(groups, 0.98), random.Random(options.seed)
    questions, claims = (
        ExcerptQuestions(options.sets, reader.tokenizer, options.seed),
        Claims(options.data, reader.tokenizer),
    )
    started, step, tokens = time.monotonic(), 0, 0
    while (fraction := (time.monotonic() - started) / 60 / options.minutes) < 1:
        drawn = [questions.draw(rng) for _ in range(4)]
        pairs = [pair for one in drawn for pair in zip(one.asked, one.excerpts, strict=True)]
        pairs += [(one.asked, one.evidence) for one in [claims.draw(rng)]]
        shortened.take_up()
        found = torch.stack([shortened.errors(group) for group in groups_of(pairs)]).sum(0)
        (found[0] / found[1]).backward()
        shortened.hand_over()
        nn.utils.clip_grad_norm_(learned.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = options.rate * loop.learning_rate(fraction, step, 40, options.hold)
        optimizer.step()
        step, tokens = step + 1, tokens + sum(len(asked) + len(text) + 1 for asked, text in pairs)
        for name, part in learned.named_parameters():
            average[name].lerp_(part.detach(), max(1 - AVERAGED, 1 / step))
        if step % 20 == 0:
            print(step, tokens, f"{float(found[0] / found[1]):.4f}", flush=True)
    learned.load_state_dict(average)
    write(reader, learned, options.of, options.start, options.out)


if __name__ == "__main__":
    main()
