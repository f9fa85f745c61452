"""The best passages read with the question in mind: excerpts, by the reader (rereading.py), which
orders the evidence anew, and proposes spans of page characters."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from docqa.app.answer.confidence import LEAST_PASSAGE, READER_WEIGHTS
from docqa.app.context.context import Context
from docqa.app.context.passage_vectors import below_headings, like_question
from docqa.app.evidence.ranking import PassageNumber, Ranked, WordIndex
from docqa.app.reading.candidates import (
    ANYTHING,
    Candidates,
    Excerpt,
    ScoredPlaces,
    ScoredSentence,
    Wanted,
    scored_sentences,
    whole_passage,
)
from docqa.app.reading.decision import decide
from docqa.app.reading.rereading import ExcerptReading, choose_excerpts, read_again, read_alone
from docqa.ingest.structure.page_breaks import sentence_over_break
from docqa.model.heads.excerpt_reading import ExcerptReader
from docqa.model.protocol import Model, VectorEncoder

COMPARED_SPANS = 12  # likeliest ones, whose sentences are compared with the question
_MOST_REST_WORDS = 60


def read_passages(
    model: Model,
    question: str,
    context: Context,
    ranked: list[Ranked],
    words: WordIndex,
    *,
    reorder: bool = True,
    passages: int | None = None,
    first: Sequence[PassageNumber] = (),
    one_of: int = 1,
    wanted: Wanted = ANYTHING,
) -> tuple[list[Ranked], Candidates]:
    """(all of `ranked` in the reader's order, what it read in the first of them).

    `reorder` False keeps the order, for measuring. `passages`: how many of the first are read, by
    default as calibrated. `first`: passages that are read before all others. `one_of`: of how many
    parts of a question this is one; together they read as many excerpts as a question does.
    `wanted`: what the answer has to be.
    """
    assert model.reader is not None
    weights = {**READER_WEIGHTS, **model.calibration.get("span_reader", {})}
    numbers = _numbers_to_read(context, ranked, passages or int(weights["passages"]), first)
    if not numbers:
        return ranked, Candidates()
    excerpts = [whole_passage(context, number) for number in numbers]
    above = [_headings_above(context, number) for number in numbers]
    most = min(passages or len(numbers), int(weights["excerpts"]) // one_of or 1)
    most += len(set(first) & set(numbers))
    order = [numbers.index(number) for number in first if number in numbers]
    order += [slot for slot, number in enumerate(numbers) if number not in first]
    longest = int(weights["max_tokens"])
    reading = _read(model.reader, question, context, excerpts, above, order, most, longest)
    likely = {numbers[slot]: value for slot, value in reading.passages.items()}
    ordered = _reordered(ranked, likely, weights["again_weight"] if reorder else 0.0)
    scores = {item.passage_number: item.score for item in ordered}
    sentences = [scored_sentences(excerpt.text, question, words) for excerpt in excerpts]
    if model.passage_encoder is not None and weights["vector_weight"]:
        encoder = model.passage_encoder
        sentences = _compared(encoder, question, context, excerpts, sentences, reading)
    behind = [scores[number] - ordered[0].score for number in numbers]
    places = ScoredPlaces(excerpts, sentences, behind, weights)
    alone = partial(read_alone, model.reader, question, above)
    return ordered, decide(reading, places, context.documents, question, alone, wanted)


def _numbers_to_read(
    context: Context, ranked: Sequence[Ranked], count: int, first: Sequence[PassageNumber]
) -> list[PassageNumber]:
    """The first `count` passages that have words, and those of `first`, in the order of
    `ranked`.
    """
    with_words = [
        item.passage_number
        for item in ranked
        if context.passages[item.passage_number].token_end
        > context.passages[item.passage_number].token_start
    ]
    return with_words[:count] + [number for number in with_words[count:] if number in first]


def _headings_above(context: Context, number: PassageNumber) -> str:
    placed = context.passages[number]
    title = context.documents[placed.document].title
    return " > ".join(filter(None, (title, *placed.passage.section)))


def _read(
    reader: ExcerptReader,
    question: str,
    context: Context,
    excerpts: Sequence[Excerpt],
    above: Sequence[str],
    order: Sequence[int],
    most: int,
    longest: int,
) -> ExcerptReading:
    """What the reader makes of the first `most` pieces of `excerpts` in `order`. It sees the whole
    of a sentence over a page break; its answer is on the passage's page."""
    texts = [excerpt.text + _rest_of_sentence(context, excerpt) for excerpt in excerpts]
    chosen = choose_excerpts(texts, order, most)
    reading = read_again(reader, question, texts, above, chosen, longest=longest)
    return reading.within([len(excerpt.text) for excerpt in excerpts])


def _reordered(
    ranked: Sequence[Ranked], likely: Mapping[PassageNumber, float], weight: float
) -> list[Ranked]:
    """`ranked` by their scores and the log-probabilities of those that the reader read."""
    ordered: list[Ranked] = []
    for item in ranked:
        logprob = likely.get(item.passage_number)
        bounded = LEAST_PASSAGE if logprob is None else max(logprob, LEAST_PASSAGE)
        ordered.append(replace(item, score=item.score + weight * bounded, reader=logprob))
    ordered.sort(key=lambda item: -item.score)
    return ordered


def _rest_of_sentence(context: Context, excerpt: Excerpt) -> str:
    """What the next page has of the sentence in which a passage ends, after a space; mostly
    nothing.
    """
    document = context.documents[excerpt.document]
    broken = sentence_over_break(document, excerpt.page)
    if broken is None or broken[0].end != excerpt.end:
        return ""
    rest = document.pages[excerpt.page].text[broken[1].start : broken[1].end]
    return f" {rest}" if rest.count(" ") < _MOST_REST_WORDS else ""


def _compared(
    encoder: VectorEncoder,
    question: str,
    context: Context,
    excerpts: Sequence[Excerpt],
    sentences: Sequence[Sequence[ScoredSentence]],
    reading: ExcerptReading,
) -> list[list[ScoredSentence]]:
    """`sentences` of each excerpt; those of the likeliest spans with their likeness to the
    question, by the passage encoder.
    """
    texts: dict[tuple[int, int], str] = {}
    for span in reading.spans[:COMPARED_SPANS]:
        excerpt = excerpts[span.slot]
        above = context.passages[excerpt.passage_number].passage.section
        for sentence in sentences[span.slot]:
            if sentence.start < span.end and span.start < sentence.end:
                text = excerpt.text[sentence.start : sentence.end]
                texts[span.slot, sentence.start] = below_headings(above, text)
    values = like_question(encoder, question, list(texts.values())).tolist() if texts else []
    likeness = dict(zip(texts, values, strict=True))
    return [
        [replace(each, similarity=likeness.get((slot, each.start), 0.0)) for each in of_excerpt]
        for slot, of_excerpt in enumerate(sentences)
    ]
