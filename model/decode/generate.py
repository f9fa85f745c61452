"""Streaming generation: token after token from a state, with the text as it becomes certain."""

import codecs
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from docqa.model.protocol import WritingModel
from docqa.model.state.state import State

from .continuation import Continuation
from .drafter import Drafter
from .lookup import PromptLookup
from .sample import Sampling, sample
from .speculate import Drafts, Speculation


@dataclass(frozen=True)
class GeneratedPiece:
    """A generated token and the text that it makes certain ("" inside a character or a stop
    string).
    """

    token: int
    text: str
    finish: str | None = None  # on the last piece: "stop" or "length"


class TokenRule(Protocol):
    """Chooses each next token, such as quotation.QuotingRule."""

    def choose(self, logits: Tensor) -> int:
        """The next token out of logits [vocab]; it counts as written."""


def generate(
    model: WritingModel,
    state: State,
    *,
    max_tokens: int = 256,
    sampling: Sampling | None = None,
    stop: Sequence[str] = (),
    stop_ids: Sequence[int] | None = None,
    lookup: bool = True,
    rule: TokenRule | None = None,
) -> Iterator[GeneratedPiece]:
    """Continues `state`, which must have read something and is not moved; closing the iterator
    cancels.

    `sampling`: greedy where absent. `stop`: strings that end the text and are not part of it;
    `stop_ids`: tokens that do, by default the tokenizer's. `lookup`: without an MTP module, what
    was read before is the draft (lookup.py). `rule`: chooses the tokens instead of `sampling`.
    Raises ValueError: the state is empty, or was read through the first layers only.
    """
    if state.hidden is None:
        raise ValueError(
            "generate needs a state that has read at least one token through all layers"
        )
    rules = sampling or Sampling()
    source = rules.generator()
    ends = set(stop_ids if stop_ids is not None else model.tokenizer.eos_ids)
    text = _StreamedText(stop)
    written: list[int] = []
    following = _next_token_logits(model, state, lookup)
    logits = model.logits(state.hidden)
    for _ in range(max_tokens):
        known = logits[: model.tokenizer.vocab_size]  # rows beyond are padding of the checkpoint
        token = rule.choose(known) if rule else sample(known, rules, source, written)
        if token in ends:
            yield GeneratedPiece(token, text.remaining_text(), "stop")
            return
        written.append(token)
        piece = text.add(model.tokenizer.token_bytes(token))
        if text.stopped or len(written) == max_tokens:
            yield GeneratedPiece(
                token,
                piece + ("" if text.stopped else text.remaining_text()),
                "stop" if text.stopped else "length",
            )
            return
        yield GeneratedPiece(token, piece)
        logits = following(token)


def _next_token_logits(model: WritingModel, state: State, lookup: bool) -> Callable[[int], Tensor]:
    """From a token to the logits [vocab] after it. Past exact attention nothing is guessed ahead:
    a pass over several tokens would read all keys."""
    if state.position <= state.long.exact:
        drafts: Drafts | None = None
        if model.mtp and state.hidden is not None:
            drafts = Drafter(model.network, model.mtp, state.hidden)
        elif lookup:
            drafts = PromptLookup(state.ids())
        if drafts:
            return Speculation(model, state, drafts).logits
    return Continuation(model, state).logits


class _StreamedText:
    """Bytes to text that is safe to show: whole characters, and no beginning of a stop string."""

    def __init__(self, stops: Sequence[str]) -> None:
        self.stops = [s for s in stops if s]
        self.stopped = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._buffer = ""

    def add(self, raw: bytes) -> str:
        self._buffer += self._decoder.decode(raw)
        found = min(
            (at for at in (self._buffer.find(s) for s in self.stops) if at >= 0), default=-1
        )
        if found >= 0:
            self.stopped = True
            shown = self._buffer[:found]
            self._buffer = ""
            return shown
        keep = max(
            (n for s in self.stops for n in range(1, len(s)) if self._buffer.endswith(s[:n])),
            default=0,
        )
        shown = self._buffer[: len(self._buffer) - keep]
        self._buffer = self._buffer[len(self._buffer) - keep :]
        return shown

    def remaining_text(self) -> str:
        return self._buffer + self._decoder.decode(b"", True)
