"""Copy mode: an answer that can only be a run of tokens of the focused text.

A beam search over token sequences. A beam is the sequence so far and every place where it stands in the allowed ranges;
it may go on with any token that follows one of those places, or stop. Probabilities are over the whole vocabulary, so a
span that the model did not want to write keeps a low score even where nothing else was allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from docqa.model.beams import Branches

if TYPE_CHECKING:
    from docqa.model.load import Model
    from docqa.model.state import State


@dataclass(frozen=True)
class CopySpan:
    """A candidate answer: focus_ids[start_token:end_token], and the log-probability of its tokens and its end."""

    start_token: int
    end_token: int
    logprob: float
    token_count: int


@dataclass(frozen=True)
class _Beam:
    """One sequence: its log-probability, its last token, and (place of its first token, next place, end of range)."""

    logprob: float
    token: int
    length: int
    places: tuple[tuple[int, int, int], ...]

    def finish(self, stop: float) -> CopySpan:
        first, after, _ = self.places[0]
        return CopySpan(first, after, self.logprob + stop, self.length)


def copy_spans(
    model: Model,
    state: State,
    logits_first: Tensor,
    focus_ids: Sequence[int],
    allowed: Sequence[tuple[int, int]],
    *,
    beams: int = 4,
    max_tokens: int = 48,
    stops: Sequence[int] | None = None,
) -> list[CopySpan]:
    """The best runs of `focus_ids` as the continuation of `state`, best first, at most two for each beam.

    Args:
        state: stands where the answer begins; not moved.
        logits_first: logits [vocab] of the answer's first token.
        focus_ids: the tokens that may be copied.
        allowed: half-open token ranges of `focus_ids`; a span lies within one of them. Where a text stands in several,
            the span is reported in the first.
        beams: sequences kept at each step.
        max_tokens: length at which a span must stop.
        stops: tokens that end an answer, by default the tokenizer's.

    Returns:
        Finished spans; empty when `allowed` holds no token.
    """
    ids = list(focus_ids)
    ends = torch.tensor(list(stops) if stops is not None else [model.tokenizer.eos_id])
    live = _starts(logits_first.float().log_softmax(-1), ids, allowed, beams)
    finished: list[CopySpan] = []
    if not live:
        return finished
    branches = Branches(model, state)
    branches.keep([0] * len(live))
    for _ in range(max_tokens):
        logprobs = branches.step([beam.token for beam in live])
        finished += [beam.finish(float(row[ends].logsumexp(0))) for beam, row in zip(live, logprobs, strict=True)]
        grown = [
            (number, longer)
            for number, (beam, row) in enumerate(zip(live, logprobs, strict=True))
            for longer in _grow(beam, row, ids)
        ]
        finished = sorted(finished, key=lambda span: -span.logprob)[: 2 * beams]
        # A sequence only loses probability as it grows: once it is below every span kept, it cannot come back.
        floor = finished[-1].logprob if len(finished) == 2 * beams else float("-inf")
        grown = sorted((g for g in grown if g[1].logprob > floor), key=lambda g: -g[1].logprob)[:beams]
        if not grown or live[0].length >= max_tokens:
            break
        branches.keep([number for number, _ in grown])
        live = [longer for _, longer in grown]
    return finished


def _starts(logprobs: Tensor, ids: list[int], allowed: Sequence[tuple[int, int]], beams: int) -> list[_Beam]:
    """The most probable first tokens, each with all its places."""
    places: dict[int, list[tuple[int, int, int]]] = {}
    for start, end in allowed:
        for at in range(start, end):
            places.setdefault(ids[at], []).append((at, at + 1, end))
    if not places:
        return []
    tokens = torch.tensor(list(places))
    scores, order = logprobs[tokens].sort(descending=True, stable=True)
    best = [(float(s), int(tokens[i])) for s, i in zip(scores[:beams], order[:beams], strict=True)]
    return [_Beam(score, token, 1, tuple(places[token])) for score, token in best]


def _grow(beam: _Beam, logprobs: Tensor, ids: list[int]) -> list[_Beam]:
    """Every way to go on with a beam: one for each different next token."""
    following: dict[int, list[tuple[int, int, int]]] = {}
    for first, after, end in beam.places:
        if after < end:
            following.setdefault(ids[after], []).append((first, after + 1, end))
    if not following:
        return []
    scores = logprobs[torch.tensor(list(following))].tolist()
    return [
        _Beam(beam.logprob + score, token, beam.length + 1, tuple(places))
        for score, (token, places) in zip(scores, following.items(), strict=True)
    ]
