"""Reading by the span head: the rows that were kept of the best passages against the question.

The head says how likely the answer is in each passage, which orders the evidence anew, and proposes spans. Where the
model has a reader, excerpts of these passages are then read again with the question (rereading.py), and its spans are
used instead. Every span leads back to exact characters of a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from docqa.app.context.context import Context, PlacedPassage
from docqa.app.context.passage_vectors import below_headings, like_question, passage_words
from docqa.app.evidence.ranking import Ranked, WordIndex, fuse
from docqa.app.evidence.terms import terms
from docqa.app.reading.candidates import Candidate, Candidates, Excerpt, ScoredPlaces, ScoredSentence, best_first
from docqa.app.reading.decision import decide
from docqa.app.reading.rereading import ExcerptReading, choose_excerpts, read_again
from docqa.ingest.structure.page_breaks import sentence_over_break

if TYPE_CHECKING:
    from torch import Tensor

    from docqa.model.heads import evidence
    from docqa.model.heads.heads import AnswerHeads
    from docqa.model.heads.spans import Span
    from docqa.model.protocol import Model

DEFAULT_SPAN_READER: dict[str, float] = {
    "reader_weight": 1.0, "evidence_weight": 0.1, "sentence_weight": 0.0, "vector_weight": 0.0, "length_weight": 0.0,
    "rank_weight": 0.3, "again_weight": 1.0, "excerpts": 12, "passages": 24, "max_tokens": 80,
    "spans": 3,
}  # fmt: skip
WINDOW = 1_024  # tokens of passages that are read together for a preliminary answer
COMPARED = 12  # spans that the reader finds likeliest, whose sentences are compared with the question
UNLIKELY = -12.0
_MOST_REST_WORDS = 60
"""Log-probabilities below this are as good as this: what was not looked at, or is out of the question."""

Rows = Callable[[int], np.ndarray]
"""The kept rows (int8 [tokens, width]) of a passage of the context, by its index."""


@dataclass(frozen=True)
class QuestionEncoding:
    """A question as the heads see it: `vectors` for ranking, `rows` for reading; None without that head."""

    vectors: evidence.QuestionVectors | None
    rows: Tensor | None = None


def read_question(model: Model, question: str, *, pointing: bool = True) -> QuestionEncoding:
    """Read a question by itself, as the heads were trained on it; without `pointing`, for ranking alone."""
    from docqa.model.prompts.prompt import question_text

    hidden = model.evidence_states(model.tokenizer.encode(question_text(question)))
    heads = model.heads
    return QuestionEncoding(
        heads.evidence.question_vectors(hidden) if heads.evidence is not None else None,
        _pointing_rows(heads, hidden) if pointing else None,
    )


def _pointing_rows(heads: AnswerHeads, hidden: np.ndarray) -> Tensor | None:
    """What the span head makes of a question's states; None where there is none."""
    import torch

    return heads.span.rows(torch.from_numpy(hidden)) if heads.span is not None else None


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
    import torch

    found: dict[int, np.ndarray] = {}
    for window in windows:
        ids, ranges = list(model.tokenizer.encode(PREAMBLE)), {}
        for index in window:
            placed = context.passages[index]
            ranges[index] = (len(ids), len(ids) + _length(placed))
            ids.extend(context.ids[placed.token_start : placed.token_end])
        rows = model.heads.rows(torch.from_numpy(model.evidence_states(ids)))
        found |= {index: rows[start:end] for index, (start, end) in ranges.items()}
    return found.__getitem__


def rank_few(
    model: Model, ranked: list[Ranked], asked: QuestionEncoding, rows: Rows, weights: dict[str, float]
) -> list[Ranked]:
    """The given passages by words and vectors, best first; vectors are taken from `rows`."""
    if model.heads.evidence is None or asked.vectors is None or not weights.get("vector"):
        return ranked
    each = [model.heads.evidence_rows(rows(item.index)) for item in ranked]
    vector = np.array([float(model.heads.evidence.scores(asked.vectors, part, [(0, len(part))])[0]) for part in each])
    total = fuse(np.array([item.bm25 for item in ranked]), vector, weights)
    return _best_first(
        replace(item, score=float(score), vector=float(like))
        for item, score, like in zip(ranked, total, vector, strict=True)
    )


def _best_first(scored: Iterable[Ranked]) -> list[Ranked]:
    """By score; those of equal score in the order given."""
    return sorted(scored, key=lambda item: -item.score)


def rank_unread(
    model: Model, question: str, context: Context, ranked: list[Ranked], weights: dict[str, float]
) -> list[Ranked]:
    """The given passages by words and the passage encoder, best first."""
    assert model.passage_encoder is not None
    texts = [passage_words(context, item.index) for item in ranked]
    like = like_question(model.passage_encoder, question, texts)
    total = fuse(np.array([item.bm25 for item in ranked]), None, weights, like)
    return _best_first(replace(item, score=float(score)) for item, score in zip(ranked, total, strict=True))


def read_by_spans(
    model: Model, question: str, asked: QuestionEncoding, context: Context, ranked: list[Ranked], rows: Rows,
    words: WordIndex, *, reorder: bool = True, again: bool = True, passages: int | None = None,
    first: Sequence[int] = (), one_of: int = 1,
) -> tuple[list[Ranked], Candidates]:  # fmt: skip
    """(all of `ranked` in a better order, what was read in the first of them).

    The span head points into the first passages and orders them; with `again`, and a checkpoint that has a reader, the
    best are read with the question in mind, and the answer is taken from there. `reorder` False leaves the order as it
    is, for measuring what the model adds. `passages`: how many of the first are looked at, by default as many as were
    calibrated. `first`: passages, by index, that are read again before all others, wherever they are in `ranked`.
    `one_of`: of how many parts of a question this is one; together they read as many excerpts as a question does.
    """
    from docqa.model.heads.span import read_spans

    assert model.heads.span is not None and asked.rows is not None
    weights = _weights(model)
    top = _top(context, ranked, passages or int(weights["passages"]), first)
    if not top:
        return ranked, Candidates((), (), None, 0)
    parts = [model.heads.span_rows(rows(item.index)) for item in top]
    reading = read_spans(
        model.heads.span, asked.rows, parts, longest=int(weights["max_tokens"]), each=int(weights["spans"])
    )
    tokens = sum(map(len, parts)) + len(asked.rows)
    likely = dict(zip((item.index for item in top), reading.passages.tolist(), strict=True))
    ordered = _reordered(ranked, likely, weights["rank_weight"] if reorder else 0.0)
    if again and model.reader is not None:
        return _read_again(model, question, context, top, ordered, words, tokens, reorder, passages, first, one_of)
    places = _places(context, top, ordered, question, words, weights)
    _compare(places, model, asked, context, rows)
    pointed = best_first(found for span in reading.spans if (found := _of_tokens(places, context, span)))
    return ordered, Candidates((), pointed, reading.none, tokens)


def read_by_reader(
    model: Model, question: str, context: Context, ranked: list[Ranked], words: WordIndex, *, reorder: bool = True,
    passages: int | None = None, first: Sequence[int] = (), one_of: int = 1,
) -> tuple[list[Ranked], Candidates]:  # fmt: skip
    """The same by the reader alone, for passages that are in a good order already: nothing of the trunk is needed."""
    top = _top(context, ranked, passages or int(_weights(model)["passages"]), first)
    if not top:
        return ranked, Candidates((), (), None, 0)
    return _read_again(model, question, context, top, ranked, words, 0, reorder, passages, first, one_of)


def _weights(model: Model) -> dict[str, float]:
    return {**DEFAULT_SPAN_READER, **model.calibration.get("span_reader", {})}


def _top(context: Context, ranked: list[Ranked], most: int, first: Sequence[int]) -> list[Ranked]:
    """The first `most` passages that have words, and those named in `first`."""
    top = [item for item in ranked if _length(context.passages[item.index])][:most]
    known = {item.index for item in top}
    return top + [item for item in ranked if item.index in set(first) - known and _length(context.passages[item.index])]


def _places(
    context: Context, top: list[Ranked], ordered: list[Ranked], question: str, words: WordIndex,
    weights: dict[str, float],
) -> ScoredPlaces:  # fmt: skip
    whole = [_whole(context, item.index) for item in top]
    places = ScoredPlaces(whole, set(terms(question)), words, weights, by_coverage=True)
    places.behind = _behind(top, ordered)
    return places


def _read_again(
    model: Model, question: str, context: Context, top: list[Ranked], ordered: list[Ranked], words: WordIndex,
    tokens: int, reorder: bool, passages: int | None, first: Sequence[int], one_of: int,
) -> tuple[list[Ranked], Candidates]:  # fmt: skip
    """`ordered` in the reader's order, and what it says of excerpts of the `top` ones, those of `first` before all."""
    assert model.reader is not None
    weights = _weights(model)
    places = _places(context, top, ordered, question, words, weights)
    number_of = {item.index: number for number, item in enumerate(top)}
    order = [number_of[index] for index in first if index in number_of]
    order += [number_of[item.index] for item in ordered if item.index in number_of and item.index not in first]
    # The reader sees the whole of a sentence that a page break cuts; its answer is on the passage's own page.
    texts = [item.text + _rest_of_sentence(context, item) for item in places.excerpts]
    above = [_headings(context, item.index) for item in top]
    most = min(passages or len(top), int(weights["excerpts"]) // one_of or 1) + len(set(first) & set(number_of))
    chosen = choose_excerpts(texts, order, most)
    second = read_again(model.reader, question, texts, above, chosen, longest=int(weights["max_tokens"]))
    second = second.within([len(item.text) for item in places.excerpts])
    likely = {top[number].index: value for number, value in second.passages.items()}
    ordered = _reordered(ordered, likely, weights["again_weight"] if reorder else 0.0, again=True)
    places.behind = _behind(top, ordered)
    _compare_read(places, model, question, context, second)
    return ordered, decide(second, places, context.documents, question, tokens + second.tokens)


def _rest_of_sentence(context: Context, item: Excerpt) -> str:
    """What the next page has of the sentence in which a passage ends, with a space in front; mostly nothing."""
    document = context.documents[item.document]
    found = sentence_over_break(document, item.page)
    if found is None or found[0].end != item.end:
        return ""
    rest = document.pages[item.page].text[found[1].start : found[1].end]
    return f" {rest}" if rest.count(" ") < _MOST_REST_WORDS else ""


def _headings(context: Context, index: int) -> str:
    """What stands above a passage: the document's title, then its sections."""
    placed = context.passages[index]
    title = context.documents[placed.document].title
    return " > ".join(part for part in (title, *placed.passage.section) if part)


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
    return _best_first(scored)


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


def _compare_read(places: ScoredPlaces, model: Model, question: str, context: Context, reading: ExcerptReading) -> None:
    """Note how like the question the sentences of the likeliest spans are, below their headings, by the passage
    encoder."""
    if model.passage_encoder is None:
        return
    found: dict[tuple[int, int], ScoredSentence] = {}
    for span in reading.spans[:COMPARED]:
        touched = (s for s in places.sentences[span.passage] if s.start < span.end and span.start < s.end)
        found.update({(span.passage, sentence.start): sentence for sentence in touched})
    texts = []
    for (number, start), sentence in found.items():
        item = places.excerpts[number]
        above = context.passages[item.passage].passage.section
        texts.append(below_headings(above, item.text[start : sentence.end]))
    values = like_question(model.passage_encoder, question, texts).tolist() if texts else []
    for sentence, value in zip(found.values(), values, strict=True):
        sentence.similarity = value


def _of_tokens(places: ScoredPlaces, context: Context, span: Span) -> Candidate | None:
    """Candidate of a span of tokens; None when nothing but punctuation is in it."""
    item = places.excerpts[span.passage]
    placed = context.passages[item.passage]
    first, last = placed.token_start + span.first, placed.token_start + span.last
    start = context.token_offset[first] - item.start
    end = context.token_offset[last + 1] - item.start if last + 1 < placed.token_end else len(item.text)
    return places.candidate(span.passage, start, end, max(span.score, 3 * UNLIKELY))
