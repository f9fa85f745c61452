"""The reader: what it says of one question and some excerpts, and of statements and their quotes.

The trunk reads a document before a question is known. The reader, an encoder of its own
(MODEL_CARD.md says where its weights come from), reads again the few excerpts that cheaper rankings
leave over, with the question in mind: slower, and much better at telling an answer from words that
only look like one.

Start and end of the answer are two logits a token (Devlin et al. 2019, arXiv 1810.04805, section
4.2). Those of several excerpts and of "no answer" share one softmax (Clark and Gardner 2018, arXiv
1710.10723, section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from docqa.kernels.cpu import Library
from docqa.kernels.native import library_to_use
from docqa.model.native.encoder import BiasedMatrix, load_encoder
from docqa.model.native.tensors import FolderTensors

from .question_heads import Places, QuestionHeads, QuestionOfSeveral
from .reader_text import (
    EXCERPTS_TOGETHER,
    FORMS,
    LONGEST_ASKED,
    LONGEST_EXCERPT,
    READER_TOKENIZER,
    SUPPORT,
    VERDICTS,
    Pair,
    ReaderTokenizer,
    groups_of_like_length,
    reader_files,
)
from .spans import SpanPredictions, log_softmax, sigmoid, span_predictions_from_logits

_EPS = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class ExcerptLogits:
    """What a reader makes of a question and excerpt, float32. `tokens` [4, excerpt tokens]: an
    answer starts, ends, a list's item begins, goes on. `form` by FORMS; log-odds `answers`: the
    excerpt answers, `yes`: of yes against no."""

    tokens: np.ndarray
    form: np.ndarray
    answers: float
    yes: float


class SpanScorer(Protocol):
    """Another reader, which chooses the words of a text that answer."""

    def scores(
        self, question: str, texts: Sequence[str], places: Sequence[Places]
    ) -> list[np.ndarray]:
        """Of each text [2, places]: log-probabilities that its answer starts, and that it ends, in
        the characters of a place; what they lack is "no answer"."""


def _first_token_head(
    tensors: FolderTensors,
    name: str,
    hidden: int,
    outputs: int,
    library: Library | None,
    inputs: int = 0,
) -> Callable[[np.ndarray], np.ndarray]:
    """Two layers on the states of first tokens, or on `inputs` numbers."""
    inner = BiasedMatrix(tensors, f"{name}.0", (hidden, inputs or hidden), library)
    outer = BiasedMatrix(tensors, f"{name}.2", (outputs, hidden), library)
    return lambda x: outer(np.tanh(inner(np.ascontiguousarray(x))))


def _normalise_states(states: np.ndarray) -> np.ndarray:
    """With a root mean square of 1; as they come they are near 0.1."""
    return np.asarray(states / np.sqrt(np.square(states).mean(-1, keepdims=True) + _EPS))


class ExcerptReader:
    """The reader: an encoder that reads a question and an excerpt together, and what its states
    say.

    Start and end logits, to which the first token's state adds what it says of the whole; which
    tokens begin an item of a list or are inside of one; from the first token alone, the form of the
    question, whether the excerpt answers, and how far a quote supports a statement; and, from the
    first token and the words that likely answer, yes or no.
    """

    def __init__(self, folder: Path) -> None:
        """Raises WeightsMissing, WeightsMismatch: a file of the reader is damaged or missing."""
        library = library_to_use()
        self.tokenizer = ReaderTokenizer(folder / READER_TOKENIZER)
        self._encoder, tensors = load_encoder(reader_files(folder), library)
        hidden = self._encoder.shape.hidden
        self._ends, self._find_list_items = (
            BiasedMatrix(tensors, f"head.{name}", (2, hidden), library)
            for name in ("ends", "items")
        )
        self._relevance, self._question, self._support = (
            _first_token_head(tensors, f"head.{name}", hidden, outputs, library)
            for name, outputs in (
                ("relevance", 1),
                ("question", len(FORMS) + len(VERDICTS) + 1),
                ("support", len(SUPPORT)),
            )
        )
        self._verdict = _first_token_head(
            tensors, "head.verdict", hidden, len(VERDICTS), library, 2 * hidden
        )
        self.none = tensors.dense("head.none", (2,))  # start and end logit of "no answer"
        self.other: SpanScorer | None = None  # which chooses the spans instead
        self._of_questions = QuestionHeads.load(folder)
        self.question_states = lru_cache(maxsize=4)(self._encode_question)  # for all heads

    @classmethod
    def load(cls, folder: Path) -> ExcerptReader | None:
        """That of a checkpoint folder, or None. Raises WeightsMissing, WeightsMismatch."""
        return cls(folder) if reader_files(folder) else None

    def excerpt_logits(self, pairs: Sequence[Pair]) -> list[ExcerptLogits]:
        """What it makes of each pair, of at most LONGEST_EXCERPT tokens of an excerpt."""
        found: dict[int, ExcerptLogits] = {}
        for group, states, starts in self._encode_pairs(pairs):
            ends = self._ends(states)
            items = self._find_list_items(states)
            first = states[starts[:-1]]
            relevance = self._relevance(first)
            unit = _normalise_states(first)
            question = self._question(unit)
            for at, number in enumerate(group):
                begin = starts[at] + len(pairs[number][0])
                excerpt = slice(begin, begin + len(pairs[number][1]))
                tokens = np.concatenate([ends[excerpt] + relevance[at], items[excerpt]], 1).T
                likely = tokens[:2].sum(0)
                likely = np.exp(log_softmax(likely)) @ states[excerpt] if likely.size else unit[at]
                yes, no = self._verdict(
                    np.concatenate([unit[at], _normalise_states(likely)])[None]
                )[0]
                form, _, answers = np.split(question[at], [len(FORMS), len(FORMS) + len(VERDICTS)])
                found[number] = ExcerptLogits(tokens, form, float(answers[0]), float(yes - no))
        return [found[number] for number in range(len(pairs))]

    def support_logits(self, pairs: Sequence[Pair]) -> np.ndarray:
        """Logits [pairs, 4] by SUPPORT, of statements and the texts that they are held against."""
        found = np.empty((len(pairs), len(SUPPORT)), np.float32)
        for group, states, starts in self._encode_pairs(pairs):
            found[group] = self._support(_normalise_states(states[starts[:-1]]))
        return found

    def _encode_question(self, question: str) -> tuple[list[tuple[int, int]], np.ndarray]:
        """Where its tokens are when it is read alone, and states of root mean square 1: of a mark,
        them, and marks.
        """
        _, states, _ = next(self._encode_pairs([(self.tokenizer.encode_question(question), [])]))
        return self.tokenizer.encode_with_offsets(question)[1][-LONGEST_ASKED:], _normalise_states(
            states
        )

    def parse_question_of_several(self, question: str) -> QuestionOfSeveral | None:
        """What it wants of several documents; None without heads for questions."""
        if not self._of_questions:
            return None
        line = " ".join(question.split())
        return self._of_questions.parse_question_of_several(line, *self.question_states(line))

    def split_into_two_questions(self, question: str) -> tuple[str, str] | None:
        """The two questions that a question asks; None for one, or without heads for questions."""
        if not self._of_questions:
            return None
        line = " ".join(question.split())
        return self._of_questions.split_into_two_questions(line, *self.question_states(line))

    def asks_about_document(self, question: str) -> bool:
        """Whether a question is about a document itself, by the heads for questions."""
        return self._of_questions is not None and self._of_questions.asks_about_document_itself(
            self.question_states(question)[1]
        )

    def needs_earlier_question(self, question: str) -> bool:
        """Whether a question needs one before it to be understood, by the heads for questions."""
        return self._of_questions is not None and self._of_questions.needs_earlier_question(
            self.question_states(question)[1]
        )

    def is_refusal(self, reply: str) -> bool:
        """Whether a reply says that the documents do not answer, by the heads for questions."""
        return self._of_questions is not None and self._of_questions.is_refusal(
            self.question_states(reply)[1]
        )

    def clause_that_answers(self, question: str) -> str:
        """The clause of CLAUSES that answers a question, or ""."""
        return (
            ""
            if not self._of_questions
            else self._of_questions.clause_that_answers(self.question_states(question)[1])
        )

    def _encode_pairs(
        self, pairs: Sequence[Pair]
    ) -> Iterator[tuple[list[int], np.ndarray, np.ndarray]]:
        """The numbers of some pairs, their states [tokens, hidden] and where each begins [pairs +
        1].
        """
        for group in groups_of_like_length(
            [len(asked) + len(text) for asked, text in pairs], EXCERPTS_TOGETHER
        ):
            joined = [
                [*pairs[number][0], *pairs[number][1], self.tokenizer.between] for number in group
            ]
            yield group, *self._encoder.states(joined)


@dataclass(frozen=True)
class ItemTokens:
    """Tokens `first` to `last` (inclusive) of an excerpt that are likely an item of a list,
    `chance` 0 to 1.
    """

    first: int
    last: int
    chance: float


@dataclass(frozen=True)
class ExcerptPredictions:
    """What was read, by excerpt in the order given. `spans`: answers and how likely each excerpt
    (as passages) has one. `places`: characters (start, end) of its tokens. `answers`: log-odds that
    it answers alone. `forms`: probabilities by FORMS, of those that likely answer. `items`: of a
    list."""

    spans: SpanPredictions
    places: list[list[tuple[int, int]]]
    answers: list[float]
    forms: list[float]
    items: list[list[ItemTokens]]


def predict_spans(
    reader: ExcerptReader,
    question: str,
    excerpts: Sequence[str],
    headings: Sequence[str] = (),
    *,
    longest: int = 64,
    each: int = 2,
) -> ExcerptPredictions:
    """Reads `excerpts`, at least one, with the question and their `headings`; `each` spans of every
    one, of at most `longest` tokens."""
    pieces = [reader.tokenizer.encode_with_offsets(text) for text in excerpts]
    texts = [ids for ids, _ in pieces]
    places = [at[:LONGEST_EXCERPT] for _, at in pieces]
    found = reader.excerpt_logits(reader_inputs(reader.tokenizer, question, texts, headings))
    start, end = _start_and_end_logits([each.tokens for each in found])
    other = (
        None
        if not reader.other
        else _start_and_end_logits(reader.other.scores(question, excerpts, places))
    )
    spans = span_predictions_from_logits(
        start, end, reader.none, longest=longest, each=each, other=other
    )
    likely = np.exp(log_softmax(spans.passages * 2))
    forms = likely @ log_softmax(np.stack([each.form for each in found]))
    return ExcerptPredictions(
        spans,
        places,
        [each.answers for each in found],
        np.exp(log_softmax(forms)).tolist(),
        [_find_list_items(*each.tokens[2:]) for each in found],
    )


def reader_inputs(
    tokenizer: ReaderTokenizer, question: str, texts: Sequence[list[int]], headings: Sequence[str]
) -> list[Pair]:
    """The question and the heading above each text, and the text, as the reader gets them."""
    asked = tokenizer.encode_question(question)
    above = [tokenizer.encode_heading(text) for text in headings] or [[] for _ in texts]
    return [
        ([*asked, *heading], text[:LONGEST_EXCERPT])
        for heading, text in zip(above, texts, strict=True)
    ]


def judge_support(
    reader: ExcerptReader, statements: Sequence[str], evidence: Sequence[str]
) -> np.ndarray:
    """Probabilities [statements, 4] by SUPPORT: how far each text of `evidence` says the
    statement.
    """
    tokenizer = reader.tokenizer
    pairs = [
        (tokenizer.encode_question(said), tokenizer.encode(text)[:LONGEST_EXCERPT])
        for said, text in zip(statements, evidence, strict=True)
    ]
    return (
        np.exp(log_softmax(reader.support_logits(pairs))) if pairs else np.empty((0, 4), np.float32)
    )


def _start_and_end_logits(rows: Sequence[np.ndarray]) -> np.ndarray:
    """The first two rows of each excerpt, [2, excerpts, tokens of the longest], -inf after the
    others' last tokens.
    """
    whole = np.full((2, len(rows), max(row.shape[1] for row in rows)), -np.inf, np.float32)
    for number, row in enumerate(rows):
        whole[:, number, : row.shape[1]] = row[:2]
    return whole


def _find_list_items(begins: np.ndarray, inside: np.ndarray) -> list[ItemTokens]:
    """Runs of tokens rather inside an item than not, cut where another rather begins."""
    chances = sigmoid(inside).tolist()
    starts = sigmoid(begins).tolist()
    runs: list[list[int]] = []
    for token, (chance, start) in enumerate(zip(chances, starts, strict=True)):
        if chance < 0.5:
            continue
        if runs and runs[-1][1] == token - 1 and start < 0.5:
            runs[-1][1] = token
        else:
            runs.append([token, token])
    return [ItemTokens(a, b, sum(chances[a : b + 1]) / (b + 1 - a)) for a, b in runs]
