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
        self.position = state.position
        self.factor = state.yarn_factor
        self.native = NativeStep.from_state(model, state)
        self.layers = () if self.native else state.fork().layers

    def move_state_past(self, state: State, tokens: list[int]) -> bool:
        """Moves `state`, where this started, after `tokens`, which it has read since. False, with
        nothing done, where what is remembered is not in the state's form."""
        if self.native is None:
            return False
        self.native.move_state_past(state, tokens)
        return True

    def logits(self, token: int) -> Tensor:
        """Adds one token; logits of the next, float32 [vocab]."""
        ids = torch.tensor([[token]]).to(self.model.device)
        with torch.inference_mode():
            if self.native is not None:
                return self.native.logits(token)
            hidden = self.model.network(
                ids, self.layers, position=self.position, factor=self.factor
            )
            self.position += 1
        return self.model.logits(hidden[0, 0])
