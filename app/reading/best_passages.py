"""The best passages read with the question in mind: excerpts, by the reader (rereading.py), which
orders the evidence anew, and proposes spans of page characters."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from docqa.app.context.context import Context
from docqa.app.context.passage_vectors import below_headings, like_question, passage_words
from docqa.app.evidence.ranking import Ranked, WordIndex, fuse
from docqa.app.evidence.terms import terms
from docqa.app.reading.candidates import (
    ANYTHING,
    Candidates,
    Excerpt,
    ScoredPlaces,
    ScoredSentence,
    Wanted,
    whole_passage,
)
from docqa.app.reading.decision import decide
from docqa.app.reading.rereading import ExcerptReading, choose_excerpts, read_again, read_alone
from docqa.ingest.structure.page_breaks import sentence_over_break
from docqa.model.protocol import Model

READER_WEIGHTS: dict[str, float] = {
    "reader_weight": 1.0,
    "evidence_weight": 0.1,
    "sentence_weight": 0.0,
    "vector_weight": 0.0,
    "length_weight": 0.0,
    "again_weight": 1.0,
    "excerpts": 12,
    "passages": 24,
    "max_tokens": 80,
}
COMPARED = 12  # likeliest spans, whose sentences are compared with the question
RERANKED = 32  # passages that a reranker reads
UNLIKELY = -12.0
"""Below this all log-probabilities are as good: not looked at, or out of the question."""
_MOST_REST_WORDS = 60


def rank_unread(
    model: Model, question: str, context: Context, ranked: list[Ranked], weights: dict[str, float]
) -> list[Ranked]:
    """The given passages by words and the passage encoder, best first; as they are without an
    encoder.
    """
    if model.passage_encoder is None:
        return ranked
    texts = [passage_words(context, item.index) for item in ranked]
    like = like_question(model.passage_encoder, question, texts)
    total = fuse(np.array([item.bm25 for item in ranked]), None, weights, like)
    scored = [replace(item, score=float(score)) for item, score in zip(ranked, total, strict=True)]
    return reranked(model, question, context, sorted(scored, key=lambda item: -item.score))


def reranked(model: Model, question: str, context: Context, ranked: list[Ranked]) -> list[Ranked]:
    """`ranked`, the first in the order of the model's reranker; each place keeps its score, so that
    what was calibrated on the distances between them holds."""
    if model.reranker is None or not ranked:
        return ranked
    first = ranked[:RERANKED]
    values = model.reranker.scores(question, [passage_words(context, item.index) for item in first])
    moved = [
        replace(first[at], score=item.score)
        for at, item in zip(np.argsort(-values, kind="stable"), first)
    ]
    return [*moved, *ranked[RERANKED:]]


def read_passages(
    model: Model,
    question: str,
    context: Context,
    ranked: list[Ranked],
    words: WordIndex,
    *,
    reorder: bool = True,
    passages: int | None = None,
    first: Sequence[int] = (),
    one_of: int = 1,
    wanted: Wanted = ANYTHING,
) -> tuple[list[Ranked], Candidates]:
    """(all of `ranked` in the reader's order, what it read in the first of them).

    `reorder` False keeps the order, for measuring. `passages`: how many of the first are read, by
    default as calibrated. `first`: passages, by index, that are read before all others. `one_of`:
    of how many parts of a question this is one; together they read as many excerpts as a question
    does. `wanted`: what the answer has to be.
    """
    assert model.reader is not None
    weights = {**READER_WEIGHTS, **model.calibration.get("span_reader", {})}
    placed = context.passages
    count = passages or int(weights["passages"])
    filled = [
        item for item in ranked if placed[item.index].token_end > placed[item.index].token_start
    ]
    top = filled[:count] + [item for item in filled[count:] if item.index in first]
    if not top:
        return ranked, Candidates((), None, 0)
    whole = [whole_passage(context, item.index) for item in top]
    places = ScoredPlaces(whole, set(terms(question)), words, weights, by_coverage=True)
    number_of = {item.index: number for number, item in enumerate(top)}
    order = [number_of[index] for index in first if index in number_of]
    order += [
        number_of[item.index]
        for item in ranked
        if item.index in number_of and item.index not in first
    ]
    # The reader sees the whole of a sentence over a page break; its answer is on the passage's
    # page.
    texts = [item.text + _rest_of_sentence(context, item) for item in whole]
    titles = [context.documents[item.document].title for item in whole]
    sections = [placed[item.index].passage.section for item in top]
    above = [
        " > ".join(filter(None, (title, *section))) for title, section in zip(titles, sections)
    ]
    most = min(passages or len(top), int(weights["excerpts"]) // one_of or 1) + len(
        set(first) & set(number_of)
    )
    chosen = choose_excerpts(texts, order, most)
    found = read_again(
        model.reader, question, texts, above, chosen, longest=int(weights["max_tokens"])
    )
    found = found.within([len(item.text) for item in whole])
    likely = {top[number].index: value for number, value in found.passages.items()}
    weight = weights["again_weight"] if reorder else 0.0
    ordered = list[Ranked]()
    for each in ranked:
        value = max(likely.get(each.index, UNLIKELY), UNLIKELY)
        ordered.append(
            replace(each, score=each.score + weight * value, reader=likely.get(each.index))
        )
    ordered.sort(key=lambda item: -item.score)
    scores = {item.index: item.score for item in ordered}
    places.behind = [scores[item.index] - ordered[0].score for item in top]
    _compare(places, model, question, context, found)
    alone = partial(read_alone, model.reader, question, above)
    return ordered, decide(found, places, context.documents, question, alone, wanted)


def _rest_of_sentence(context: Context, item: Excerpt) -> str:
    """What the next page has of the sentence in which a passage ends, behind a space; mostly
    nothing.
    """
    document = context.documents[item.document]
    found = sentence_over_break(document, item.page)
    if found is None or found[0].end != item.end:
        return ""
    rest = document.pages[item.page].text[found[1].start : found[1].end]
    return f" {rest}" if rest.count(" ") < _MOST_REST_WORDS else ""


def _compare(
    places: ScoredPlaces, model: Model, question: str, context: Context, reading: ExcerptReading
) -> None:
    """Note how like the question the sentences of the likeliest spans are, by the passage
    encoder.
    """
    if model.passage_encoder is None:
        return
    found: dict[tuple[int, int], ScoredSentence] = {}
    for span in reading.spans[:COMPARED]:
        touched = (
            s for s in places.sentences[span.passage] if s.start < span.end and span.start < s.end
        )
        found.update({(span.passage, sentence.start): sentence for sentence in touched})
    texts = []
    for (number, start), sentence in found.items():
        item = places.excerpts[number]
        above = context.passages[item.passage].passage.section
        texts.append(below_headings(above, item.text[start : sentence.end]))
    values = like_question(model.passage_encoder, question, texts).tolist() if texts else []
    for sentence, value in zip(found.values(), values, strict=True):
        sentence.similarity = value
