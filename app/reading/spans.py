"""Reading by the span head: the rows that were kept of the best passages against the question.

The head says how likely the answer is in each passage, which orders the evidence anew, and proposes spans. Where the
model has a reader, excerpts of these passages are then read again with the question (excerpt_reading.py), and its spans
stand instead. Every span leads back to exact characters of a page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from docqa.app.context.context import Context, PlacedPassage
from docqa.app.evidence.ranking import Ranked, WordIndex, fuse
from docqa.app.evidence.terms import terms
from docqa.app.reading.copying import Candidate, Candidates, candidate_score, trim
from docqa.app.reading.rereading import ExcerptSpan, choose_excerpts, cover, read_again
from docqa.ingest.structure.sentences import sentences

DEFAULT_SPAN_READER: dict[str, Any] = {
    "reader_weight": 1.0,
    "evidence_weight": 0.1,
    "sentence_weight": 0.0,
    "vector_weight": 0.0,
    "length_weight": 0.0,
    "rank_weight": 0.3,
    "pointed_weight": 0.0,
    "again_weight": 0.3,
    "excerpts": 8,
    "covering": 24,
    "passages": 16,
    "max_tokens": 64,
    "spans": 3,
}
WINDOW = 1_024  # tokens of passages that are read together for a preliminary answer
UNLIKELY = -12.0
"""Log-probabilities below this are as good as this: what was not looked at, or is out of the question."""

Rows = Callable[[int], Any]
"""The kept rows (int8 [tokens, width]) of a passage of the context, by its index."""


@dataclass(frozen=True)
class QuestionVectors:
    """A question as the heads see it: `vectors` for ranking, `rows` for reading; None without that head."""

    vectors: Any
    rows: Any


def read_question(model: Any, question: str) -> QuestionVectors:
    """Read a question by itself, as the heads were trained on it."""
    from docqa.model.prompts.prompt import question_text

    hidden = model.evidence_states(model.tokenizer.encode(question_text(question)))
    heads = model.heads
    return QuestionVectors(
        heads.evidence.question_vectors(hidden) if heads.evidence is not None else None,
        heads.span.rows(hidden) if heads.span is not None else None,
    )


def read_passages_alone(model: Any, context: Context, passages: list[int]) -> Rows:
    """Rows of a few passages that are read by themselves, through the lower layers only.

    They are read as the heads were trained, a preamble and then passages up to WINDOW tokens, window by window.
    """
    from docqa.model.prompts.prompt import PREAMBLE

    preamble = list(model.tokenizer.encode(PREAMBLE))
    found: dict[int, Any] = {}
    window: list[int] = []

    def read() -> None:
        ids, ranges = list(preamble), {}
        for index in window:
            placed = context.passages[index]
            ranges[index] = (len(ids), len(ids) + _length(placed))
            ids.extend(context.ids[placed.token_start : placed.token_end])
        rows = model.heads.rows(model.evidence_states(ids))
        found.update((index, rows[start:end]) for index, (start, end) in ranges.items())

    room = WINDOW
    for index in sorted(passages):
        tokens = _length(context.passages[index])
        if window and tokens > room:
            read()
            window, room = [], WINDOW
        window.append(index)
        room -= tokens
    if window:
        read()
    return found.__getitem__


def rank_few(
    model: Any, ranked: list[Ranked], asked: QuestionVectors, rows: Rows, weights: dict[str, float]
) -> list[Ranked]:
    """The given passages by words and vectors, best first; vectors are taken from `rows`."""
    if model.heads.evidence is None or asked.vectors is None or not weights.get("vector"):
        return ranked
    each = [model.heads.evidence_rows(rows(item.index)) for item in ranked]
    vector = np.array([float(model.heads.evidence.scores(asked.vectors, part, [(0, len(part))])) for part in each])
    total = fuse(np.array([item.bm25 for item in ranked]), vector, weights)
    order = np.lexsort((np.arange(len(total)), -total))
    return [replace(ranked[i], score=float(total[i]), vector=float(vector[i])) for i in order]


def read_by_spans(
    model: Any,
    question: str,
    asked: QuestionVectors,
    context: Context,
    ranked: list[Ranked],
    rows: Rows,
    words: WordIndex,
    *,
    reorder: bool = True,
    again: bool = True,
    passages: int | None = None,
) -> tuple[list[Ranked], Candidates]:
    """(all of `ranked` in a better order, what was read in the first of them).

    The span head points into the first passages; with `again`, and a checkpoint that has a reader, the excerpts around
    its best spans are read with the question in mind, and the answer is taken from there. `reorder` False leaves the
    order as it is, for measuring what the model adds; what was read stands beside each passage all the same, since
    refusal is calibrated with it. `passages`: how many of the first are read, by default as many as were calibrated.
    """
    from docqa.model.heads.span import read_spans

    reader = {**DEFAULT_SPAN_READER, **model.calibration.get("span_reader", {})}
    top = [item for item in ranked if _length(context.passages[item.index])][: passages or int(reader["passages"])]
    if not top:
        return ranked, Candidates((), (), None, 0)
    parts = [model.heads.span_rows(rows(item.index)) for item in top]
    reading = read_spans(
        model.heads.span, asked.rows, parts, longest=int(reader["max_tokens"]), each=int(reader["spans"])
    )
    tokens = sum(map(len, parts)) + len(asked.rows)
    likely = dict(zip((item.index for item in top), reading.passages.tolist(), strict=True))
    ordered = _reordered(ranked, likely, float(reader["rank_weight"]) if reorder else 0.0)
    places = _SpanPlaces(model, asked, context, top, rows, set(terms(question)), words)
    found = places.scored([places.of_tokens(span) for span in reading.spans], ordered, reader)
    if not again or model.reader is None or not found:
        return ordered, Candidates((), tuple(found), reading.none, tokens)
    pointed = choose_excerpts(places.texts, [places.within(c) for c in found], int(reader["excerpts"]))
    number_of = {item.index: number for number, item in enumerate(top)}
    order = [number_of[item.index] for item in ordered if item.index in number_of]
    excerpts = cover(places.texts, order, pointed, int(reader["covering"]))
    second = read_again(model, question, places.texts, excerpts, longest=int(reader["max_tokens"]))
    likely = {top[number].index: value for number, value in second.passages.items()}
    ordered = _reordered(ordered, likely, float(reader["again_weight"]) if reorder else 0.0, again=True)
    fresh = places.scored([places.of_characters(span, found) for span in second.spans], ordered, reader)
    return ordered, Candidates((), tuple(fresh), second.none, tokens + second.tokens, reading.none)


def _length(placed: PlacedPassage) -> int:
    return placed.token_end - placed.token_start


def _reordered(ranked: list[Ranked], likely: dict[int, float], weight: float, *, again: bool = False) -> list[Ranked]:
    """`ranked` with the log-probability that the answer is in a passage, by index, added at `weight`."""
    scored = []
    for item in ranked:
        value = max(likely.get(item.index, UNLIKELY), UNLIKELY)
        read = value if item.index in likely else None
        score = item.score + weight * value
        scored.append(replace(item, score=score, again=read) if again else replace(item, score=score, reader=read))
    return sorted(scored, key=lambda item: -item.score)


class _SpanPlaces:
    """Leads spans of the passages `top` back to characters of pages, and says what speaks for their sentences."""

    def __init__(
        self,
        model: Any,
        asked: QuestionVectors,
        context: Context,
        top: list[Ranked],
        rows: Rows,
        wanted: set[str],
        words: WordIndex,
    ) -> None:
        self.model, self.asked, self.context, self.top = model, asked, context, top
        self.rows, self.wanted, self.words = rows, wanted, words
        self.texts = [context.text_of(context.passages[item.index]) for item in top]
        self._sentences: dict[int, list[tuple[int, int, float, float]]] = {}

    def of_tokens(self, span: Any) -> Candidate | None:
        """Candidate of a `Span`; None when nothing but punctuation is in it."""
        placed = self.context.passages[self.top[span.passage].index]
        base, text = placed.passage.start, self.texts[span.passage]
        first, last = placed.token_start + span.first, placed.token_start + span.last
        start = self.context.token_offset[first] - base
        end = self.context.token_offset[last + 1] - base if last + 1 < placed.token_end else len(text)
        return self._candidate(span.passage, start, end, span.score)

    def of_characters(self, span: ExcerptSpan, pointed: list[Candidate]) -> Candidate | None:
        """Candidate of a span that was read again; what the span head thought of the place comes along."""
        candidate = self._candidate(span.passage, span.start, span.end, span.logprob)
        if candidate is None:
            return None
        near = (
            c.logprob
            for c in pointed
            if c.excerpt == span.passage and candidate.start < c.end and c.start < candidate.end
        )
        return replace(candidate, pointed=max(near, default=2 * UNLIKELY))

    def within(self, candidate: Candidate) -> tuple[int, int, int]:
        """(passage, start, end) of a candidate in the text of its passage."""
        base = self.context.passages[self.top[candidate.excerpt].index].passage.start
        return candidate.excerpt, candidate.start - base, candidate.end - base

    def scored(self, found: list[Candidate | None], ordered: list[Ranked], reader: dict[str, Any]) -> list[Candidate]:
        """Those that are something, with their places in `ordered` and their scores, best first."""
        scores = {item.index: item.score for item in ordered}
        behind = [scores[item.index] - ordered[0].score for item in self.top]
        placed = [replace(c, behind=behind[c.excerpt]) for c in found if c is not None]
        fresh = [replace(c, score=candidate_score(c, reader)) for c in placed]
        return sorted(fresh, key=lambda c: (-c.score, c.excerpt, c.start, c.end))

    def _candidate(self, number: int, start: int, end: int, logprob: float) -> Candidate | None:
        placed, text = self.context.passages[self.top[number].index], self.texts[number]
        start, end = trim(text, start, min(end, len(text)))
        if start >= end:
            return None
        base = placed.passage.start
        coverage, similarity = self._sentence(number, start, end)
        return Candidate(
            number, placed.document, placed.passage.page, base + start, base + end,
            max(logprob, 3 * UNLIKELY), 1, 0.0, coverage, similarity,
        )  # fmt: skip

    def _sentence(self, number: int, start: int, end: int) -> tuple[float, float]:
        """(share of the question's words, likeness to the question) of the sentence that holds `start:end`."""
        if number not in self._sentences:
            self._sentences[number] = self._all_sentences(number)
        touched = [(c, s) for a, b, c, s in self._sentences[number] if a < end and start < b]
        return max(touched, default=(0.0, 0.0))

    def _all_sentences(self, number: int) -> list[tuple[int, int, float, float]]:
        item = self.top[number]
        placed = self.context.passages[item.index]
        text, base = self.texts[number], placed.passage.start
        found = [(span.start, span.end) for span in sentences(text)]
        offsets = [self.context.token_offset[t] - base for t in range(placed.token_start, placed.token_end)]
        ranges = []
        for start, end in found:
            inside = [j for j, at in enumerate(offsets) if start <= at < end]
            ranges.append((inside[0], inside[-1] + 1) if inside else (0, 0))
        like = [0.0] * len(found)
        if self.asked.vectors is not None:
            vectors = self.model.heads.evidence_rows(self.rows(item.index))
            like = self.model.heads.evidence.scores(self.asked.vectors, vectors, ranges).tolist()
        return [
            (start, end, self.words.coverage(self.wanted, set(terms(text[start:end]))), value)
            for (start, end), value in zip(found, like, strict=True)
        ]
