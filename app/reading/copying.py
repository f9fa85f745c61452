"""Answers copied from excerpts: the best passages are read again right before the question.

The excerpts (whole passages) go into a short state of their own; constrained decoding proposes spans of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from docqa.app.evidence.ranking import Ranked, WordIndex
from docqa.app.evidence.terms import terms
from docqa.app.quotes.align import find_whole
from docqa.app.reading.candidates import (
    Candidate,
    Candidates,
    Excerpt,
    ScoredPlaces,
    best_first,
    place_score,
    trim,
)

if TYPE_CHECKING:
    from torch import Tensor

    from docqa.model.decode.copy import CopySpan
    from docqa.model.prompts.prompt import FocusPrompt
    from docqa.model.protocol import WritingModel
    from docqa.model.state.state import State

DEFAULT_READER: dict[str, float] = {
    "reader_weight": 1.0, "evidence_weight": 0.25, "sentence_weight": 0.5, "vector_weight": 0.0, "length_weight": 1.0,
    "beams": 6, "max_tokens": 48,
}  # fmt: skip


def copy_answers(
    model: WritingModel, question: str, excerpts: Sequence[Excerpt], ranked: Sequence[Ranked], words: WordIndex
) -> Candidates:
    """Read `excerpts` and the question in a fresh state and propose spans; `ranked[i]` belongs to `excerpts[i]`."""
    from docqa.model.decode.copy import copy_spans
    from docqa.model.prompts.prompt import focus_prompt

    reader = copying_weights(model)
    prompt = focus_prompt(model.tokenizer, [item.text for item in excerpts], question)
    state = model.new_state()
    logits = model.logits(model.prefill(prompt.ids, state))
    refusal = refusal_logprob(model, state.fork(), logits)
    places = ScoredPlaces(excerpts, set(terms(question)), words, reader)
    places.behind = [item.score - ranked[0].score for item in ranked]
    spans = copy_spans(
        model, state, logits, prompt.ids, prompt.excerpt_ranges,
        beams=int(reader["beams"]), max_tokens=int(reader["max_tokens"]),
    )  # fmt: skip
    found = best_of_each_place(_candidate(places, span, prompt) for span in spans)
    return Candidates(found, refusal, len(prompt.ids))


def copying_weights(model: WritingModel) -> dict[str, float]:
    """What orders copied spans, and how far they are searched for: the model's own, or DEFAULT_READER."""
    return {**DEFAULT_READER, **model.calibration.get("reader", {})}


def refusal_logprob(model: WritingModel, state: State, logits: Tensor) -> float:
    """The log-probability of a refusal after `state`, whose next-token logits are `logits`; `state` is used up."""
    from docqa.model.prompts.prompt import REFUSAL

    total, ids = 0.0, [*model.tokenizer.encode(REFUSAL), model.tokenizer.eos_id]
    for position, token in enumerate(ids):
        total += float(logits.float().log_softmax(-1)[token])
        if position + 1 < len(ids):
            logits = model.logits(model.prefill([token], state))
    return total


def best_of_each_place(candidates: Iterable[Candidate | None]) -> tuple[Candidate, ...]:
    """Of the candidates at the same place the one with the best score; best first."""
    kept: dict[tuple[int, int, int], Candidate] = {}
    for each in candidates:
        if each is not None:
            place = (each.excerpt, each.start, each.end)
            if place not in kept or kept[place].score < each.score:
                kept[place] = each
    return best_first(kept.values())


def _candidate(places: ScoredPlaces, span: CopySpan, prompt: FocusPrompt) -> Candidate | None:
    """Candidate of a copied span, at the likeliest place that has its words; None of punctuation alone."""
    number = next((i for i, (a, b) in enumerate(prompt.excerpt_ranges) if a <= span.start_token < b), None)
    if number is None:
        return None
    base, offsets, text = prompt.excerpt_ranges[number][0], prompt.offsets[number], places.excerpts[number].text
    start, end = offsets[span.start_token - base][0], min(offsets[span.end_token - 1 - base][1], len(text))
    start, end = trim(text, start, end)
    if start >= end:
        return None
    found = [
        (other, match.start, match.end)
        for other, item in enumerate(places.excerpts)
        for match in find_whole(item.text, text[start:end])
    ]

    def worth(place: tuple[int, int, int]) -> tuple[float, int, int]:
        return place_score(places.place(*place), places.weights), -place[0], -place[1]

    chosen = max([(number, start, end), *found], key=worth)
    return places.candidate(*chosen, float(span.logprob), int(span.token_count))
