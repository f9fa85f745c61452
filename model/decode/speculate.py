"""Speculation: the trunk looks at several guessed tokens in one pass and keeps those that it would
have written.

The caller still chooses every token from the trunk's own logits, in order, so the text is that of
plain decoding but for rounding: several rows are multiplied at once, and tokens whose logits agree
in all but the last bits may change places.

A delta net's memory cannot forget a wrong guess: the state goes back to before the pass, and what
was right of it is run again together with the next tokens.
"""

import torch
from torch import Tensor

from docqa.kernels.attention import attention
from docqa.model.protocol import WritingModel
from docqa.model.state.delta_memory import DeltaMemory
from docqa.model.state.kv_cache import AttentionMemory
from docqa.model.state.state import State

from .drafter import Drafter

DRAFTS = 2  # tokens guessed at a time
MOST_AGAIN = 8  # tokens that are run again at most; then a pass without guesses makes them final


class UnpackedContext:
    """Keys and values of an attention layer, unpacked once, with room after; [1, total, kv_heads,
    dim].
    """

    def __init__(self, memory: AttentionMemory, dtype: torch.dtype, room: int) -> None:
        keys, values = memory.unpacked(dtype)
        self.length = memory.length
        self.keys, self.values = (
            torch.cat([part, part.new_empty(room, *part.shape[1:])])[None]
            for part in (keys, values)
        )

    def attend(self, q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor:
        """Adds tokens k, v [1, seq, kv_heads, dim], whose queries read everything before them."""
        stop = self.length + k.shape[1]
        self.keys[:, self.length : stop], self.values[:, self.length : stop] = k, v
        self.length = stop
        return attention(q, self.keys[:, :stop], self.values[:, :stop], rounded=rounded)


class Speculation:
    """Goes on from the end of `state`, which is not touched."""

    def __init__(
        self,
        model: WritingModel,
        state: State,
        drafter: Drafter,
        max_tokens: int,
        drafts: int = DRAFTS,
    ) -> None:
        self.model = model
        self.drafter = drafter
        self.drafts = drafts
        self.position = state.position
        self.factor = state.yarn_factor
        room = max_tokens + drafts + 1
        self.caches: list[DeltaMemory | UnpackedContext] = [
            layer.fork()
            if isinstance(layer, DeltaMemory)
            else UnpackedContext(layer, model.dtype, room)
            for layer in state.layers
        ]
        self.again: list[int] = []  # decided, and not yet in the caches
        self.guessed: list[
            tuple[int, Tensor]
        ] = []  # guesses not yet decided, with the hidden state [dim] of each
        self.undo: tuple[int, list[DeltaMemory | int]] | None = None
        self.passes = self.right = 0

    def logits(self, token: int) -> Tensor:
        """Logits [vocab] of what follows `token`, which follows everything before."""
        if self.guessed and self.guessed[0][0] == token:
            self.right += 1
            _, hidden = self.guessed.pop(0)
            self.again.append(token)
        else:
            if self.guessed:
                self._roll_back_caches()
            hidden = self._run_with_guesses(token)
        if not self.guessed:
            self.again = []  # all that was run is decided
        self.drafter.advance(token, hidden)
        return self.model.logits(hidden)

    def _run_with_guesses(self, token: int) -> Tensor:
        """One pass over `token` and guesses after it; the hidden state [dim] of the token."""
        drafted = (
            self.drafter.draft_tokens(token, self.drafts) if len(self.again) < MOST_AGAIN else []
        )
        ids = [*self.again, token, *drafted]
        self.undo = (
            self.position,
            [c.fork() if isinstance(c, DeltaMemory) else c.length for c in self.caches],
        )
        with torch.inference_mode():
            hidden = self.model.network(
                torch.tensor([ids]), self.caches, position=self.position, factor=self.factor
            )[0]
        self.position += len(ids)
        self.passes += 1
        first = len(self.again)
        self.again.append(token)
        self.guessed = list(zip(drafted, hidden[first + 1 :], strict=True))
        return hidden[first]

    def _roll_back_caches(self) -> None:
        """Takes the caches back before the last pass; what was decided since stays to be run
        again.
        """
        assert self.undo is not None
        self.position, points = self.undo
        for number, (cache, point) in enumerate(zip(self.caches, points, strict=True)):
            if isinstance(point, DeltaMemory):
                self.caches[number] = point
            elif isinstance(cache, UnpackedContext):
                cache.length = point
        self.guessed = []
