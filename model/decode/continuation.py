"""What follows the end of a state, token after token, without moving the state.

The keys and values before it are unpacked once. Past the exact range the continuation chooses its
blocks of keys, and after some thousand tokens reads them as they are cached, where a kernel does
that: unpacked they would be four times the bytes.
"""

import torch
from torch import Tensor

from docqa.kernels.attention import can_attend_in_place
from docqa.model.protocol import WritingModel
from docqa.model.state.delta_memory import DeltaMemory
from docqa.model.state.kv_cache import AttentionMemory
from docqa.model.state.state import State

from .step import NativeStep

FAR = 1_024  # tokens


class UnpackedContext:
    """Attention of one token after another, [1, seq = 1, heads, dim], over an unpacked context and
    the tokens since.
    """

    def __init__(self, memory: AttentionMemory, dtype: torch.dtype) -> None:
        keys, values = memory.unpacked(dtype)
        self.keys = keys.permute(1, 2, 0).contiguous()  # [kv_heads, dim, total]
        self.values = values.transpose(0, 1).contiguous()  # [kv_heads, total, dim]
        self.own_keys = self.values[:, :0]  # [kv_heads, tokens, dim]
        self.own_values = self.values[:, :0]

    def attend(self, q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor:
        """Adds one token, whose query reads everything before it."""
        self.own_keys = torch.cat([self.own_keys, k[0].transpose(0, 1)], 1)
        self.own_values = torch.cat([self.own_values, v[0].transpose(0, 1)], 1)
        groups, dim, total = self.keys.shape
        grouped = q.view(groups, -1, dim)  # [kv_heads, heads of a group, dim]
        scores = torch.cat([grouped @ self.keys, grouped @ self.own_keys.transpose(-1, -2)], -1)
        weights = (scores.float() * dim**-0.5).softmax(-1).to(q.dtype)
        out = weights[..., :total] @ self.values + weights[..., total:] @ self.own_values
        return out.view(q.shape)


class Continuation:
    """Goes on from the end of `state`, which is not touched."""

    def __init__(self, model: WritingModel, state: State) -> None:
        self.model = model
        self.position = state.position
        self.factor = state.yarn_factor
        self.native = NativeStep.from_state(model, state)
        self.caches: list[DeltaMemory | AttentionMemory | UnpackedContext] = []
        in_place = can_attend_in_place(model.config.head_dim, model.dtype)
        is_far = state.position >= state.long.exact or (state.position >= FAR and in_place)
        for layer in () if self.native else state.layers:
            if isinstance(layer, DeltaMemory) or is_far:
                self.caches.append(layer.fork())
            else:
                self.caches.append(UnpackedContext(layer, model.dtype))

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
                ids, self.caches, position=self.position, factor=self.factor
            )
            self.position += 1
        return self.model.logits(hidden[0, 0])
