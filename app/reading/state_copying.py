"""Answers copied from a state: a model that has read the whole documents is asked, and says words of them. Nothing is
looked up first, and no excerpt is read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from docqa.app.context.context import Context
from docqa.app.evidence.ranking import WordIndex
from docqa.app.evidence.terms import terms
from docqa.app.reading.candidates import Candidate, Candidates, ScoredPlaces, best_first, excerpt
from docqa.app.reading.copying import best_of_each_place, copying_weights, refusal_logprob

if TYPE_CHECKING:
    from docqa.model.decode.copy import CopySpan
    from docqa.model.protocol import WritingModel
    from docqa.model.state.state import State

MOST_PLACES = 64  # where the same words stand, that are looked at


def copy_from_state(model: WritingModel, question: str, state: State, context: Context, words: WordIndex) -> Candidates:
    """What `model` would answer from `state`, which has read `context` and is not moved: spans of any passage.

    Words that stand in several places are taken from the one whose sentence has most of the question's words.
    """
    from docqa.model.decode.copy import copy_spans
    from docqa.model.prompts.prompt import question_text

    weights = copying_weights(model)
    asked = state.fork()
    ids = model.tokenizer.encode(question_text(question))
    logits = model.logits(model.prefill(ids, asked))
    refusal = refusal_logprob(model, asked.fork(), logits)
    spans = copy_spans(
        model, asked, logits, context.ids, [(p.token_start, p.token_end) for p in context.passages],
        beams=int(weights["beams"]), max_tokens=int(weights["max_tokens"]),
    )  # fmt: skip
    places = [(span, list(_places(span, context))) for span in spans]
    passages = sorted({passage for _, found in places for passage, _, _ in found})
    numbers = {passage: number for number, passage in enumerate(passages)}
    excerpts = [excerpt(context, passage) for passage in passages]
    scored = ScoredPlaces(excerpts, set(terms(question)), words, weights)
    best: list[Candidate] = []
    for span, found in places:
        each = (scored.candidate(numbers[p], a, b, span.logprob, span.token_count) for p, a, b in found)
        best += best_first(candidate for candidate in each if candidate is not None)[:1]
    return Candidates(best_of_each_place(best), refusal, len(ids))


def _places(span: CopySpan, context: Context) -> Iterator[tuple[int, int, int]]:
    """(passage, start, end) of every place where the tokens of `span` stand; characters from the passage's start."""
    for token in _occurrences(context.ids, context.ids[span.start_token : span.end_token]):
        end = token + span.end_token - span.start_token
        number = context.token_passage[token]
        if number < 0 or context.token_passage[end - 1] != number:
            continue
        passage = context.passages[number]
        first = passage.passage.start
        inside = end < passage.token_end
        behind = context.token_offset[end] if inside else passage.passage.end
        yield number, max(context.token_offset[token] - first, 0), behind - first


def _occurrences(ids: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """Where `wanted` stands in `ids`, the first MOST_PLACES."""
    every, found = np.asarray(ids), np.asarray(wanted)
    starts = np.flatnonzero(every[: len(every) - len(found) + 1] == found[0])
    for number in range(1, len(found)):
        starts = starts[every[starts + number] == found[number]]
    return [int(start) for start in starts[:MOST_PLACES]]
