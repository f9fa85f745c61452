"""Copy mode: an answer that can only be a run of tokens of the focused text.

A beam is the sequence so far and every place where it stands in the allowed ranges; it may go on
with any token that follows there, or stop. Probabilities are over the whole vocabulary, so a span
that the model did not want to write keeps a low score.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from docqa.model.protocol import WritingModel
from docqa.model.state.state import State

from .beams import Branches


@dataclass(frozen=True)
class CopySpan:
    """A candidate answer: focus_ids[start_token:end_token], and the log-probability of its tokens
    and its end.
    """

    start_token: int
    end_token: int
    logprob: float
    token_count: int


@dataclass(frozen=True)
class _Beam:
    """A sequence: its log-probability, its last token, and (place of its first token, next place,
    end of range).
    """

    logprob: float
    token: int
    length: int
    places: tuple[tuple[int, int, int], ...]


def copy_spans(
    model: WritingModel,
    state: State,
    logits_first: Tensor,
    focus_ids: Sequence[int],
    allowed: Sequence[tuple[int, int]],
    *,
    beams: int = 4,
    max_tokens: int = 48,
) -> list[CopySpan]:
    """The best runs of `focus_ids` as the continuation of `state`, best first, at most two for each
    beam; empty when `allowed` holds no token.

    `state`: stands where the answer begins; not moved. `logits_first` [vocab]: of the answer's
    first token. `allowed`: half-open token ranges; a span lies within one, the first that has it.
    `beams`: sequences kept at each step. `max_tokens`: length at which a span must stop.
    """
    ids = list(focus_ids)
    ends = torch.tensor([model.tokenizer.eos_id])
    first = logits_first.float().log_softmax(-1)
    everywhere = _Beam(
        0.0, -1, 0, tuple((at, at, end) for start, end in allowed for at in range(start, end))
    )
    starts = sorted(_extend_beam(everywhere, first, ids), key=lambda beam: -beam.logprob)
    search = _CopySearch(starts[:beams], beams)
    if not search.live:
        return []
    branches = Branches(model, state)
    branches.select_branches([0] * len(search.live))
    for _ in range(max_tokens):
        if not search.live:
            break
        sources = search.extend_beams(
            branches.logits([beam.token for beam in search.live]).log_softmax(-1),
            ids,
            ends,
            max_tokens,
        )
        if sources:
            branches.select_branches(sources)
    return search.finished


@dataclass
class _CopySearch:
    live: list[_Beam]
    beams: int
    finished: list[CopySpan] = field(default_factory=list)

    def extend_beams(
        self, logprobs: Tensor, ids: list[int], ends: Tensor, max_tokens: int
    ) -> list[int]:
        """Stops or goes on, given log-probabilities [live, vocab]; returns which live beam each new
        one goes on from."""
        pairs = list(zip(self.live, logprobs, strict=True))
        stops = (beam.logprob + float(row[ends].logsumexp(0)) for beam, row in pairs)
        self.finished += [
            CopySpan(*b.places[0][:2], s, b.length) for b, s in zip(self.live, stops, strict=True)
        ]
        self.finished = sorted(self.finished, key=lambda span: -span.logprob)[: 2 * self.beams]
        if not self.live or self.live[0].length >= max_tokens:
            self.live = []
            return []
        grown = [
            (number, longer)
            for number, (beam, row) in enumerate(pairs)
            for longer in _extend_beam(beam, row, ids)
        ]
        # A sequence only loses probability as it grows: once it is below every span kept, it cannot
        # come back.
        floor = self.finished[-1].logprob if len(self.finished) == 2 * self.beams else float("-inf")
        grown = sorted((g for g in grown if g[1].logprob > floor), key=lambda g: -g[1].logprob)[
            : self.beams
        ]
        self.live = [longer for _, longer in grown]
        return [number for number, _ in grown]


def _extend_beam(beam: _Beam, logprobs: Tensor, ids: list[int]) -> list[_Beam]:
    """Every way to go on with a beam, by next token."""
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
