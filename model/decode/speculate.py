"""Speculation: the model looks at several guessed tokens in one pass, and those stay that it would
have written.

The caller still chooses every token from the model's own logits, in order, so the text is that of
plain decoding but for rounding: several rows are multiplied at once, and tokens whose logits agree
in all but the last bits may change places.

The memory of a delta net cannot forget a wrong guess: the state stays before the pass, and what was
right of it is run again together with the next tokens.
"""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from docqa.model.protocol import WritingModel
from docqa.model.state.state import State

from .continuation import Continuation
from .lookup import LEAST, WARY

# tokens of a pass; kernels round the queries and keys of more of them to 8 bits, as in prefill
AT_ONCE = 8


class Drafts(Protocol):
    """What guesses the next tokens: the MTP module, or what was read before. Between `fewest` and
    `most` tokens are guessed at a time: twice as many when all were right. `hidden` [dim] is set to
    the trunk's output after each token that a pass has read."""

    fewest: int
    most: int
    hidden: Tensor | None

    def add(self, token: int) -> None:
        """Takes in the next token of the text."""

    def draft_tokens(self, count: int, least: int) -> list[int]:
        """At most `count` tokens that may follow; `least`: how surely (lookup.py)."""


class Speculation:
    """Goes on from the end of `state`, which is not touched. `passes` and `steps` count the model's
    runs.
    """

    def __init__(self, model: WritingModel, state: State, drafts: Drafts) -> None:
        self.model = model
        self.state = state.fork()
        self.drafts = drafts
        self.passes = self.steps = 0
        self._plain: Continuation | None = None  # goes on from `state` by the tokens `_behind`
        self._behind: list[int] = []
        self._again: list[int] = []  # decided, and not in `state`, which is before the last pass
        self._guessed: list[
            tuple[int, Tensor, Tensor]
        ] = []  # guesses not yet decided, with the trunk's output and the logits after each
        self._after: State | None = None  # after the last pass
        self._count = drafts.fewest
        self._least = LEAST
        self._right = 0  # guesses of the last pass that were right

    def logits(self, token: int) -> Tensor:
        """Logits [vocab] of what follows `token`, which follows everything before."""
        self.drafts.add(token)
        if self._guessed and self._guessed[0][0] == token:
            _, self.drafts.hidden, found = self._guessed.pop(0)
            self._again.append(token)
            self._right += 1
            if not self._guessed:
                self._count = min(2 * self._count, self.drafts.most)
                self._least = LEAST
                self._accept_last_run()
            return found
        if self._guessed:
            self._guessed = []
            self._count = self.drafts.fewest
            self._least = LEAST if self._right else WARY
        drafted = self.drafts.draft_tokens(self._count, self._least)
        return (
            self._run_with_guesses(token, drafted) if drafted or self._again else self._step(token)
        )

    def _step(self, token: int) -> Tensor:
        if not self._plain:
            self._plain = Continuation(self.model, self.state)
        self._behind.append(token)
        self.steps += 1
        return self._plain.logits(token)

    def _run_with_guesses(self, token: int, drafted: list[int]) -> Tensor:
        """One run over what must be run again, the token and guesses; the logits after the
        token.
        """
        if self._plain and not self._plain.move_state_past(self.state, self._behind):
            self.model.prefill(self._behind, self.state)  # what was decoded one by one
        self._plain = None
        self._behind = []
        if len(self._again) >= self._tokens_to_grid():
            self.model.prefill(self._again, self.state)
            self._again = []
        ids = [*self._again, token, *drafted][: self._tokens_to_grid()]
        drafted = ids[len(self._again) + 1 :]
        self._after = self.state.fork()
        with torch.inference_mode():
            tokens = torch.tensor([ids]).to(self.model.device)
            hidden = self.model.network(
                tokens,
                self._after.layers,
                position=self._after.position,
                factor=self._after.yarn_factor,
            )[0]
            new = hidden[len(self._again) :]
            found = self.model.logits(new)
        self._after.advance(np.array(ids), hidden[-1])
        self.passes = self.passes + 1
        self._right = 0
        self._again.append(token)
        self.drafts.hidden = new[0]
        self._guessed = list(zip(drafted, new[1:], found[1:], strict=True))
        if not self._guessed:
            self._accept_last_run()
        return found[0]

    def _tokens_to_grid(self) -> int:
        """How many tokens may run at once; blocks of keys end on the state's grid."""
        return min(AT_ONCE, self.state.grid - self.state.position % self.state.grid)

    def _accept_last_run(self) -> None:
        """What was run last is decided, all of it."""
        assert self._after
        self.state = self._after
        self._after = None
        self._again = []
