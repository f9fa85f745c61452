"""What the reader says of one question and some excerpts, and of statements and their quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from docqa.model.heads.cross_encoder import LONGEST_EXCERPT, CrossEncoder, HeadLogits, lay_out
from docqa.model.heads.span import SpanReading, span_reading

TOGETHER = 4  # excerpts of like length, read at once


@dataclass(frozen=True)
class Item:
    """Tokens `first` to `last` (inclusive) of an excerpt that are likely an item of a list, `chance` 0 to 1."""

    first: int
    last: int
    chance: float


@dataclass(frozen=True)
class ExcerptsReading:
    """What was read, by excerpt in the order given.

    `spans`: answers and how likely each excerpt has one, the excerpts' numbers as passages. `places`: the characters
    (start, end) of each excerpt's tokens. `answers`: log-odds that it answers, each for itself. `forms`: probabilities
    of the names in FORMS, of the excerpts that likely answer. `yes`: log-odds of yes against no. `items`: of a list.
    """

    spans: SpanReading
    places: list[list[tuple[int, int]]]
    answers: list[float]
    forms: list[float]
    yes: list[float]
    items: list[list[Item]]


def read_excerpts(
    reader: CrossEncoder, question: str, excerpts: Sequence[str], headings: Sequence[str] = (), *,
    longest: int = 64, each: int = 2,
) -> ExcerptsReading:  # fmt: skip
    """Read `excerpts`, at least one, with the question; `headings`: what stands above each of them in the document.

    `each` spans of every excerpt, of at most `longest` tokens.
    """
    asked = reader.tokenizer.asked(question)
    above = [reader.tokenizer.heading(text) for text in headings] or [[] for _ in excerpts]
    pieces = [reader.tokenizer.encode_with_offsets(text) for text in excerpts]
    texts, places = [ids[:LONGEST_EXCERPT] for ids, _ in pieces], [at[:LONGEST_EXCERPT] for _, at in pieces]
    pairs = [([*asked, *heading], text) for heading, text in zip(above, texts, strict=True)]
    with torch.inference_mode():
        found = _logits(reader, pairs)
        spans = span_reading(found.start, found.end, reader.head.none, longest=longest, each=each)
        likely = (spans.passages * 2).softmax(0)
        forms = (found.form.log_softmax(-1) * likely[:, None]).sum(0).softmax(0)
        yes = found.verdict[:, 0] - found.verdict[:, 1]
        sizes = [len(text) for text in texts]
        items = [_items(*row) for row in zip(found.begins, found.inside, sizes, strict=True)]
        return ExcerptsReading(spans, places, found.answers.tolist(), forms.tolist(), yes.tolist(), items)


def judge_support(reader: CrossEncoder, statements: Sequence[str], evidence: Sequence[str]) -> Tensor:
    """Probabilities [statements, 4] of the names in SUPPORT: how far each text of `evidence` says the statement."""
    tokenizer = reader.tokenizer
    pairs = [
        (tokenizer.asked(said), tokenizer.encode(text)[:LONGEST_EXCERPT])
        for said, text in zip(statements, evidence, strict=True)
    ]
    found = torch.empty(len(pairs), 4)
    with torch.inference_mode():
        for part in _of_like_length(pairs):
            batch = lay_out([pairs[i] for i in part], tokenizer.between)
            states = reader.encoder(batch.ids, batch.mask).float()
            found[part] = reader.head.support(states[:, 0]).softmax(-1)
    return found


def _of_like_length(pairs: Sequence[tuple[list[int], list[int]]]) -> list[list[int]]:
    order = sorted(range(len(pairs)), key=lambda i: sum(map(len, pairs[i])))
    return [order[at : at + TOGETHER] for at in range(0, len(order), TOGETHER)]


def _logits(reader: CrossEncoder, pairs: Sequence[tuple[list[int], list[int]]]) -> HeadLogits:
    """The head's logits by excerpt; column 0 is the excerpt's first token."""
    longest = max(len(text) for _, text in pairs)
    by_token = torch.full((4, len(pairs), longest), float("-inf"))
    form, verdict, answers = torch.empty(len(pairs), 4), torch.empty(len(pairs), 2), torch.empty(len(pairs))
    for part in _of_like_length(pairs):
        batch = lay_out([pairs[i] for i in part], reader.tokenizer.between)
        found = reader(batch)
        form[part], verdict[part], answers[part] = found.form, found.verdict, found.answers
        for row, number in enumerate(part):
            first, size = batch.first[row], len(pairs[number][1])
            for kind, logits in enumerate((found.start, found.end, found.begins, found.inside)):
                by_token[kind, number, :size] = logits[row, first : first + size]
    start, end, begins, inside = by_token
    return HeadLogits(start, end, begins, inside, form, verdict, answers)


def _items(begins: Tensor, inside: Tensor, size: int) -> list[Item]:
    """Runs of tokens that are rather inside an item than not, cut where another rather begins."""
    chances, starts = inside[:size].sigmoid().tolist(), begins[:size].sigmoid().tolist()
    runs: list[list[int]] = []
    for token, (chance, start) in enumerate(zip(chances, starts, strict=True)):
        if chance < 0.5:
            continue
        if runs and runs[-1][1] == token - 1 and start < 0.5:
            runs[-1][1] = token
        else:
            runs.append([token, token])
    return [Item(a, b, sum(chances[a : b + 1]) / (b + 1 - a)) for a, b in runs]
