"""What follows the end of a state, token after token, without moving the state."""

import torch
from torch import Tensor

from docqa.model.protocol import WritingModel
from docqa.model.state.state import State

from .step import NativeStep


class Continuation:
    """Goes on from the end of `state`, which is not touched."""

    def __init__(self, model: WritingModel, state: State) -> None:
        self.model = model
        self.native = NativeStep.from_state(model, state)
        self.state = state.fork()

    def move_state_past(self, state: State, tokens: list[int]) -> bool:
        """Moves `state`, where this started, after `tokens`, which it has read since. False, with
        nothing done, where what is remembered is not in the state's form."""
        if not self.native:
            return False
        self.native.move_state_past(state, tokens)
        return True

    def logits(self, token: int) -> Tensor:
        """Adds one token; logits of the next, float32 [vocab]."""
        if not self.native:
            return self.model.logits(self.model.prefill([token], self.state))
        with torch.inference_mode():
            return self.native.logits(token)
