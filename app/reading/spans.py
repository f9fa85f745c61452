"""Reading by the span head: the rows that were kept of the best passages against the question.

The head says how likely the answer is in each passage, which orders the evidence anew, and proposes spans. Where the
model has a reader, excerpts of these passages are then read again with the question (rereading.py), and its spans are
used instead. Every span leads back to exact characters of a page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from docqa.app.context.context import Context, PlacedPassage
from docqa.app.evidence.ranking import Ranked, WordIndex, fuse
from docqa.app.evidence.terms import terms
from docqa.app.reading.candidates import Candidate, Candidates, Excerpt, ScoredPlaces, best_first
from docqa.app.reading.rereading import ExcerptSpan, choose_excerpts, cover, read_again

if TYPE_CHECKING:
    from torch import Tensor

    from docqa.model.heads import evidence
    from docqa.model.heads.span import Span
    from docqa.model.protocol import Model

DEFAULT_SPAN_READER: dict[str, float] = {
    "reader_weight": 1.0, "evidence_weight": 0.1, "sentence_weight": 0.0, "vector_weight": 0.0, "length_weight": 0.0,
    "rank_weight": 0.3, "pointed_weight": 0.0, "again_weight": 0.3,
    "excerpts": 8, "covering": 24, "passages": 16, "max_tokens": 64, "spans": 3,
}  # fmt: skip
WINDOW = 1_024  # tokens of passages that are read together for a preliminary answer
UNLIKELY = -12.0
"""Log-probabilities below this are as good as this: what was not looked at, or is out of the question."""

Rows = Callable[[int], "Tensor"]
"""The kept rows (int8 [tokens, width]) of a passage of the context, by its index."""


@dataclass(frozen=True)
class QuestionEncoding:
    """A question as the heads see it: `vectors` for ranking, `rows` for reading; None without that head."""

    vectors: evidence.QuestionVectors | None
    rows: Tensor | None


def read_question(model: Model, question: str) -> QuestionEncoding:
    """Read a question by itself, as the heads were trained on it."""
    from docqa.model.prompts.prompt import question_text

    hidden = model.evidence_states(model.tokenizer.encode(question_text(question)))
    heads = model.heads
    return QuestionEncoding(
        heads.evidence.question_vectors(hidden) if heads.evidence is not None else None,
        heads.span.rows(hidden) if heads.span is not None else None,
    )


def read_passages_alone(model: Model, context: Context, passages: list[int]) -> Rows:
    """Rows of a few passages that are read by themselves, through the lower layers only.

    They are read as the heads were trained, a preamble and then passages up to WINDOW tokens, window by window.
    """
    from docqa.model.prompts.prompt import PREAMBLE

    windows: list[list[int]] = []
    room = 0
    for index in sorted(passages):
        tokens = _length(context.passages[index])
        if not windows or tokens > room:
            windows.append([])
            room = WINDOW
        windows[-1].append(index)
        room -= tokens
    found: dict[int, Tensor] = {}
    for window in windows:
        ids, ranges = list(model.tokenizer.encode(PREAMBLE)), {}
        for index in window:
            placed = context.passages[index]
            ranges[index] = (len(ids), len(ids) + _length(placed))
            ids.extend(context.ids[placed.token_start : placed.token_end])
        rows = model.heads.rows(model.evidence_states(ids))
        found |= {index: rows[start:end] for index, (start, end) in ranges.items()}
    return found.__getitem__


def rank_few(
    model: Model, ranked: list[Ranked], asked: QuestionEncoding, rows: Rows, weights: dict[str, float]
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
    model: Model, question: str, asked: QuestionEncoding, context: Context, ranked: list[Ranked], rows: Rows,
    words: WordIndex, *, reorder: bool = True, again: bool = True, passages: int | None = None,
) -> tuple[list[Ranked], Candidates]:  # fmt: skip
    """(all of `ranked` in a better order, what was read in the first of them).

    The span head points into the first passages; with `again`, and a checkpoint that has a reader, the excerpts around
    its best spans are read with the question in mind, and the answer is taken from there. `reorder` False leaves the
    order as it is, for measuring what the model adds; what was read is kept with each passage all the same, since
    refusal is calibrated with it. `passages`: how many of the first are read, by default as many as were calibrated.
    """
    from docqa.model.heads.span import read_spans

    assert model.heads.span is not None and asked.rows is not None
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
    ordered = _reordered(ranked, likely, reader["rank_weight"] if reorder else 0.0)
    whole = [_whole(context, item.index) for item in top]
    places = ScoredPlaces(whole, set(terms(question)), words, reader, by_coverage=True)
    places.behind = _behind(top, ordered)
    _compare(places, model, asked, context, rows)
    pointed = best_first(found for span in reading.spans if (found := _of_tokens(places, context, span)) is not None)
    if not again or model.reader is None or not pointed:
        return ordered, Candidates((), pointed, reading.none, tokens)
    texts, starts = [item.text for item in whole], [item.start for item in whole]
    inside = [(c.excerpt, c.start - starts[c.excerpt], c.end - starts[c.excerpt]) for c in pointed]
    number_of = {item.index: number for number, item in enumerate(top)}
    order = [number_of[item.index] for item in ordered if item.index in number_of]
    excerpts = cover(texts, order, choose_excerpts(texts, inside, int(reader["excerpts"])), int(reader["covering"]))
    second = read_again(model.reader, question, texts, excerpts, longest=int(reader["max_tokens"]))
    likely = {top[number].index: value for number, value in second.passages.items()}
    ordered = _reordered(ordered, likely, reader["again_weight"] if reorder else 0.0, again=True)
    places.behind = _behind(top, ordered)
    fresh = best_first(found for span in second.spans if (found := _read_again(places, span, pointed)) is not None)
    return ordered, Candidates((), fresh, second.none, tokens + second.tokens, reading.none)


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


def _behind(top: list[Ranked], ordered: list[Ranked]) -> list[float]:
    scores = {item.index: item.score for item in ordered}
    return [scores[item.index] - ordered[0].score for item in top]


def _whole(context: Context, index: int) -> Excerpt:
    """A passage from its first character to its last, with its line breaks."""
    placed = context.passages[index]
    passage = placed.passage
    return Excerpt(index, placed.document, passage.page, passage.start, passage.end, context.text_of(placed))


def _compare(places: ScoredPlaces, model: Model, asked: QuestionEncoding, context: Context, rows: Rows) -> None:
    """Note how like the question every sentence of the passages is."""
    if asked.vectors is None or model.heads.evidence is None:
        return
    for item, found in zip(places.excerpts, places.sentences, strict=True):
        placed = context.passages[item.passage]
        offsets = [context.token_offset[t] - item.start for t in range(placed.token_start, placed.token_end)]
        ranges = []
        for sentence in found:
            inside = [j for j, at in enumerate(offsets) if sentence.start <= at < sentence.end]
            ranges.append((inside[0], inside[-1] + 1) if inside else (0, 0))
        vectors = model.heads.evidence_rows(rows(item.passage))
        values = model.heads.evidence.scores(asked.vectors, vectors, ranges).tolist()
        for sentence, value in zip(found, values, strict=True):
            sentence.similarity = value


def _of_tokens(places: ScoredPlaces, context: Context, span: Span) -> Candidate | None:
    """Candidate of a span of tokens; None when nothing but punctuation is in it."""
    item = places.excerpts[span.passage]
    placed = context.passages[item.passage]
    first, last = placed.token_start + span.first, placed.token_start + span.last
    start = context.token_offset[first] - item.start
    end = context.token_offset[last + 1] - item.start if last + 1 < placed.token_end else len(item.text)
    return places.candidate(span.passage, start, end, max(span.score, 3 * UNLIKELY))


def _read_again(places: ScoredPlaces, span: ExcerptSpan, pointed: tuple[Candidate, ...]) -> Candidate | None:
    """Candidate of a span that was read again, with what the span head found likely at that place."""
    candidate = places.candidate(span.passage, span.start, span.end, max(span.logprob, 3 * UNLIKELY))
    if candidate is None:
        return None
    start, end = candidate.start, candidate.end
    near = (c.logprob for c in pointed if c.excerpt == span.passage and start < c.end and c.start < end)
    return places.scored(replace(candidate, pointed=max(near, default=2 * UNLIKELY)))
