"""What the reader says of one question and some excerpts, and of statements and their quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from docqa.model.heads.reader_text import LONGEST_EXCERPT, Pair, ReaderTokenizer
from docqa.model.heads.spans import SpanReading, log_softmax, sigmoid, span_reading


@dataclass(frozen=True)
class ExcerptLogits:
    """What a reader makes of one question and excerpt, float32.

    `tokens` [4, excerpt tokens]: that an answer starts, that it ends, that an item of a list begins, that it is inside
    of one. `form` and `verdict` by FORMS and VERDICTS; `answers`: log-odds that the excerpt answers.
    """

    tokens: np.ndarray
    form: np.ndarray
    verdict: np.ndarray
    answers: float


class ExcerptReader(Protocol):
    """An encoder that reads a question and an excerpt together: in torch, or on native kernels."""

    @property
    def tokenizer(self) -> ReaderTokenizer: ...
    @property
    def none(self) -> np.ndarray:
        """Start and end logit of "no answer", [2]."""

    def read(self, pairs: Sequence[Pair]) -> list[ExcerptLogits]:
        """What it makes of each pair of at most LONGEST_EXCERPT tokens of an excerpt."""

    def judge(self, pairs: Sequence[Pair]) -> np.ndarray:
        """Logits [pairs, 4] of the names in SUPPORT, of statements and the texts that they are held against."""


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
    reader: ExcerptReader, question: str, excerpts: Sequence[str], headings: Sequence[str] = (), *,
    longest: int = 64, each: int = 2,
) -> ExcerptsReading:  # fmt: skip
    """Read `excerpts`, at least one, with the question; `headings`: what stands above each of them in the document.

    `each` spans of every excerpt, of at most `longest` tokens.
    """
    asked = reader.tokenizer.asked(question)
    above = [reader.tokenizer.heading(text) for text in headings] or [[] for _ in excerpts]
    pieces = [reader.tokenizer.encode_with_offsets(text) for text in excerpts]
    texts, places = [ids[:LONGEST_EXCERPT] for ids, _ in pieces], [at[:LONGEST_EXCERPT] for _, at in pieces]
    found = reader.read([([*asked, *heading], text) for heading, text in zip(above, texts, strict=True)])
    start, end = _by_excerpt([each.tokens[0] for each in found]), _by_excerpt([each.tokens[1] for each in found])
    spans = span_reading(start, end, reader.none, longest=longest, each=each)
    likely = np.exp(log_softmax(spans.passages * 2))
    forms = likely @ log_softmax(np.stack([each.form for each in found]))
    return ExcerptsReading(
        spans,
        places,
        [each.answers for each in found],
        np.exp(log_softmax(forms)).tolist(),
        [float(each.verdict[0] - each.verdict[1]) for each in found],
        [_items(*each.tokens[2:]) for each in found],
    )


def judge_support(reader: ExcerptReader, statements: Sequence[str], evidence: Sequence[str]) -> np.ndarray:
    """Probabilities [statements, 4] of the names in SUPPORT: how far each text of `evidence` says the statement."""
    tokenizer = reader.tokenizer
    pairs = [
        (tokenizer.asked(said), tokenizer.encode(text)[:LONGEST_EXCERPT])
        for said, text in zip(statements, evidence, strict=True)
    ]
    return np.exp(log_softmax(reader.judge(pairs))) if pairs else np.empty((0, 4), np.float32)


def _by_excerpt(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Logits by excerpt, [excerpts, tokens of the longest], -inf behind the others' last tokens."""
    whole = np.full((len(rows), max(map(len, rows))), -np.inf, np.float32)
    for number, row in enumerate(rows):
        whole[number, : len(row)] = row
    return whole


def _items(begins: np.ndarray, inside: np.ndarray) -> list[Item]:
    """Runs of tokens that are rather inside an item than not, cut where another rather begins."""
    chances, starts = sigmoid(inside).tolist(), sigmoid(begins).tolist()
    runs: list[list[int]] = []
    for token, (chance, start) in enumerate(zip(chances, starts, strict=True)):
        if chance < 0.5:
            continue
        if runs and runs[-1][1] == token - 1 and start < 0.5:
            runs[-1][1] = token
        else:
            runs.append([token, token])
    return [Item(a, b, sum(chances[a : b + 1]) / (b + 1 - a)) for a, b in runs]
