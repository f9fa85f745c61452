"""Prompt lookup: where the last tokens stand in what was read before, what follows them there is
guessed.

Answers quote their documents, so the document is a draft model that costs nothing (Saxena 2023,
"Prompt lookup decoding"). Several guesses are looked at in one pass, and those stay that the caller
chooses from the model's own logits, in order: the text is that of plain decoding but for rounding,
as in speculate.py.
"""

import numpy as np
import torch
from torch import Tensor

from docqa.model.protocol import WritingModel
from docqa.model.state.state import State

from .beams import Branches

LEAST = 3  # tokens in a row that must have been read before
# the same after a guess of which nothing was right: a pass takes as long as two to four tokens by
# themselves
WARY = 6
NEAREST = 64  # places that are compared, the last ones
LONGEST = 32  # tokens before a place that are compared
# tokens guessed at a time: twice as many when all were right, the fewest after a wrong one
FEWEST = 3
MOST = 7
# tokens of a pass; kernels round the queries and keys of more of them to 8 bits, as in prefill
AT_ONCE = 8


class PromptLookup:
    """Follows a text that goes on from `ids` [seq], and guesses what comes next. Mutable."""

    def __init__(self, ids: np.ndarray) -> None:
        self._ids = np.asarray(ids, np.int64)
        self._written = self._ids[-LONGEST:].tolist()
        width = int(self._ids.max(initial=0)) + 1
        self._width = width
        keys = self._ids[:-2] * width * width + self._ids[1:-1] * width + self._ids[2:]
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]
        self._at = self._find_best_match_end()

    def add(self, token: int) -> None:
        """Takes in the next token of the text."""
        self._written = [*self._written[1 - LONGEST :], token]
        goes_on = (
            self._at is not None and self._at + 1 < len(self._ids) and self._ids[self._at] == token
        )
        self._at = self._at + 1 if goes_on and self._at is not None else self._find_best_match_end()

    def draft_tokens(self, count: int, least: int = LEAST) -> list[int]:
        """At most `count` tokens that may follow; none unless the last `least` tokens were read
        before.
        """
        if self._at is None or (least > LEAST and self._matching_length(self._at) < least):
            return []
        return [int(token) for token in self._ids[self._at : self._at + count]]

    def _find_best_match_end(self) -> int | None:
        """After the place that the text before is most like, the last of several."""
        if len(self._written) < LEAST or max(self._written[-LEAST:]) >= self._width:
            return None
        first, second, third = self._written[-LEAST:]
        key = (first * self._width + second) * self._width + third
        low, high = np.searchsorted(self._keys, [key, key + 1])
        # The end of what was read is where the text goes on, and no place that something follows.
        places = [
            int(start) + LEAST
            for start in self._order[low:high][-NEAREST:]
            if start + LEAST < len(self._ids)
        ]
        return max(places, key=lambda place: (self._matching_length(place), place), default=None)

    def _matching_length(self, place: int) -> int:
        """How many tokens before `place` are the last ones of the text."""
        length = min(len(self._written), place)
        before = self._ids[place - length : place][::-1]
        differing = np.flatnonzero(before != np.array(self._written[::-1][:length]))
        return int(differing[0]) if len(differing) else length


class LookupDecoding:
    """Goes on from the end of `state`, which is not touched. `passes` and `steps` count the model's
    runs.
    """

    def __init__(self, model: WritingModel, state: State) -> None:
        self.model = model
        self.state = state.fork()
        self.lookup = PromptLookup(state.ids())
        self.passes = self.steps = 0
        self._plain: Branches | None = None  # goes on from `state` by the tokens `_behind`
        self._behind: list[int] = []
        self._again: list[int] = []  # decided, and not in `state`, which is before the last pass
        self._guessed: list[
            tuple[int, Tensor]
        ] = []  # guesses not yet decided, with the logits after each
        self._after: State | None = None  # after the last pass
        self._count = FEWEST
        self._least = LEAST
        self._right = 0  # guesses of the last pass that were right

    def logits(self, token: int) -> Tensor:
        """Logits [vocab] of what follows `token`, which follows everything before."""
        self.lookup.add(token)
        if self._guessed and self._guessed[0][0] == token:
            _, found = self._guessed.pop(0)
            self._again.append(token)
            self._right += 1
            if not self._guessed:
                self._count = min(2 * self._count, MOST)
                self._least = LEAST
                self._accept_last_run()
            return found
        if self._guessed:
            self._guessed = []
            self._count = FEWEST
            self._least = LEAST if self._right else WARY
        drafted = self.lookup.draft_tokens(self._count, self._least)
        return (
            self._run_with_guesses(token, drafted) if drafted or self._again else self._step(token)
        )

    def _step(self, token: int) -> Tensor:
        if self._plain is None:
            self._plain = Branches(self.model, self.state)
        self._behind.append(token)
        self.steps += 1
        return self._plain.logits([token])[0]

    def _run_with_guesses(self, token: int, drafted: list[int]) -> Tensor:
        """One run over what must be run again, the token and guesses; the logits after the
        token.
        """
        if self._plain is not None and not self._plain.move_state_past(self.state, self._behind):
            self.model.prefill(self._behind, self.state)  # what was decoded one by one
        self._plain = None
        self._behind = []
        room = self._max_tokens_at_once()
        ids = [*self._again, token, *drafted][:room]
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
            found = self.model.logits(hidden[len(self._again) :])
        self._after.advance(np.array(ids), hidden[-1])
        self.passes = self.passes + 1
        self._right = 0
        self._again.append(token)
        self._guessed = list(zip(drafted, found[1:], strict=True))
        if not self._guessed:
            self._accept_last_run()
        return found[0]

    def _max_tokens_at_once(self) -> int:
        """How many tokens may run at once, at least a new one; blocks of keys end on the state's
        grid.
        """
        if len(self._again) >= self._tokens_to_grid():
            self.model.prefill(self._again, self.state)
            self._again = []
        return self._tokens_to_grid()

    def _tokens_to_grid(self) -> int:
        return min(AT_ONCE, self.state.grid - self.state.position % self.state.grid)

    def _accept_last_run(self) -> None:
        """What was run last is decided, all of it."""
        assert self._after is not None
        self.state = self._after
        self._after = None
        self._again = []
