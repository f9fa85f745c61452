"""Answers copied by a model without a reader: constrained decoding proposes words of what it has
read, and every span leads back to exact characters of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from docqa.app.answer.confidence import COPY_WEIGHTS
from docqa.app.context.context import Context, PlacedPassage
from docqa.app.evidence.ranking import PassageNumber, WordIndex
from docqa.model.prompts.prompt import REFUSAL, question_text

from .candidates import (
    Candidate,
    CandidateSet,
    ScoredExcerpts,
    scored_sentences,
    sort_best_first,
    spaces_for_line_breaks,
    whole_passage,
)

if TYPE_CHECKING:
    from torch import Tensor

    from docqa.model.decode.copy import CopySpan
    from docqa.model.protocol import WritingModel
    from docqa.model.state.state import State

MOST_OCCURRENCES = 64  # of the same words


def copy_candidates_from_passages(
    model: WritingModel,
    question: str,
    passage_numbers: Sequence[int],
    context: Context,
    word_index: WordIndex,
) -> CandidateSet:
    """What `model` would answer from the passages of `context` with these numbers, read for this
    question.
    """
    passages = [context.passages[number] for number in passage_numbers]
    ids = [
        token for placed in passages for token in context.ids[placed.token_start : placed.token_end]
    ]
    state = model.new_state()
    model.prefill(ids, state)
    found = copy_candidates_from_state(model, question, state, context, word_index, passages)
    return replace(found, prompt_tokens=found.prompt_tokens + len(ids))


def copy_candidates_from_state(
    model: WritingModel,
    question: str,
    state: State,
    context: Context,
    word_index: WordIndex,
    passages: Sequence[PlacedPassage] | None = None,
) -> CandidateSet:
    """What `model` would answer from `state`, which has read `context` and is not moved: spans of
    its passages. Of words that occur in several places the one whose sentence has most of the
    question's words."""
    from docqa.model.decode.copy import copy_spans

    weights = {**COPY_WEIGHTS, **model.calibration.get("reader", {})}
    asked = state.fork()
    ids = model.tokenizer.encode(question_text(question))
    logits = model.logits(model.prefill(ids, asked))
    refusal = _refusal_logprob(model, asked.fork(), logits)
    spans = copy_spans(
        model,
        asked,
        logits,
        context.ids,
        [(p.token_start, p.token_end) for p in passages or context.passages],
        beams=int(weights["beams"]),
        max_tokens=int(weights["max_tokens"]),
    )
    places = {span: list(_occurrences_in_passages(span, context)) for span in spans}
    numbers = sorted({number for found in places.values() for number, _, _ in found})
    excerpts = [whole_passage(context, number) for number in numbers]
    excerpts = [replace(excerpt, text=spaces_for_line_breaks(excerpt.text)) for excerpt in excerpts]
    sentences = [scored_sentences(excerpt.text, question, word_index) for excerpt in excerpts]
    scored = ScoredExcerpts(excerpts, sentences, [0.0] * len(excerpts), weights)
    best: list[Candidate] = []
    for span, found in places.items():
        candidates = (
            scored.make_candidate(numbers.index(number), start, end, span.logprob, span.token_count)
            for number, start, end in found
        )
        best += sort_best_first(filter(None, candidates))[:1]
    of_place: dict[tuple[int, int, int], Candidate] = {}
    for candidate in sort_best_first(best):
        of_place.setdefault((candidate.slot, candidate.start, candidate.end), candidate)
    return CandidateSet(tuple(of_place.values()), refusal, len(ids))


def _refusal_logprob(model: WritingModel, state: State, logits: Tensor) -> float:
    """The log-probability of a refusal after `state`, which is used up."""
    total = 0.0
    ids = [*model.tokenizer.encode(REFUSAL), model.tokenizer.eos_id]
    for position, token in enumerate(ids):
        total += float(logits.float().log_softmax(-1)[token])
        if position + 1 < len(ids):
            logits = model.logits(model.prefill([token], state))
    return total


def _occurrences_in_passages(
    span: CopySpan, context: Context
) -> Iterator[tuple[PassageNumber, int, int]]:
    """(passage, start, end) of every occurrence of `span`; characters from the passage's start."""
    for token in _starts_of_token_sequence(
        context.ids, context.ids[span.start_token : span.end_token]
    ):
        end = token + span.end_token - span.start_token
        number = context.token_passage[token]
        if number < 0 or context.token_passage[end - 1] != number:
            continue
        passage = context.passages[number]
        first = passage.passage.start
        inside = end < passage.token_end
        behind = context.token_offset[end] if inside else passage.passage.end
        yield number, max(context.token_offset[token] - first, 0), behind - first


def _starts_of_token_sequence(ids: Sequence[int], sequence: Sequence[int]) -> list[int]:
    """Where `sequence` begins in `ids`."""
    tokens = np.asarray(ids)
    starts = np.flatnonzero(tokens[: len(tokens) - len(sequence) + 1] == sequence[0])
    for number in range(1, len(sequence)):
        starts = starts[tokens[starts + number] == sequence[number]]
    return [int(start) for start in starts[:MOST_OCCURRENCES]]
