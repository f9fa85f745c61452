"""A few branches that go on from one state, one forward pass a step for all.

The state's keys and values are unpacked once and shared; each branch adds its own few. Past the
exact range every branch chooses its own blocks of keys, and after some thousand tokens reads them
as they are kept, where a kernel does that: unpacked they would be four times the bytes.
"""

import torch
from torch import Tensor

from docqa.kernels.attention import can_attend_in_place
from docqa.model.protocol import WritingModel
from docqa.model.state.delta_memory import DeltaMemory
from docqa.model.state.kv_cache import AttentionMemory, ForkedContext
from docqa.model.state.state import State

from .step import NativeStep

FAR = 1_024  # tokens


class SharedContext:
    """Attention of branches over one shared context and their own tokens; [branches, seq = 1,
    heads, dim].
    """

    def __init__(self, memory: AttentionMemory, dtype: torch.dtype) -> None:
        keys, values = memory.unpacked(dtype)
        self.keys = keys.permute(1, 2, 0).contiguous()  # [kv_heads, dim, total]
        self.values = values.transpose(0, 1).contiguous()  # [kv_heads, total, dim]
        self.own: tuple[Tensor, Tensor] | None = None  # [branches, kv_heads, tokens, dim] each

    def attend(self, q: Tensor, k: Tensor, v: Tensor, *, rounded: bool = False) -> Tensor:
        """Adds one token to every branch, whose query reads everything before it."""
        # both become [branches, kv_heads, 1, dim]
        k = k.transpose(1, 2)
        v = v.transpose(1, 2)
        self.own = (
            (k, v)
            if self.own is None
            else (torch.cat([self.own[0], k], 2), torch.cat([self.own[1], v], 2))
        )
        branches, _, heads, dim = q.shape
        groups = self.keys.shape[0]
        total = self.keys.shape[2]
        grouped = q.view(branches, groups, -1, dim)  # [branches, kv_heads, heads of a group, dim]
        shared = (grouped.transpose(0, 1).reshape(groups, -1, dim) @ self.keys).view(
            groups, branches, -1, total
        )
        own = grouped @ self.own[0].transpose(-1, -2)
        scores = torch.cat([shared.transpose(0, 1), own], -1).float() * dim**-0.5
        weights = scores.softmax(-1).to(q.dtype)
        far = weights[..., :total].transpose(0, 1).reshape(groups, -1, total) @ self.values
        out = (
            far.view(groups, branches, -1, dim).transpose(0, 1) + weights[..., total:] @ self.own[1]
        )
        return out.reshape(branches, 1, heads, dim)

    def select_branches(self, chosen: Tensor) -> None:
        """Goes on with the branches `chosen` [new branches], repeats allowed."""
        if self.own is not None:
            self.own = self.own[0][chosen], self.own[1][chosen]


class Branches:
    """One branch at first, at the end of `state`, which is not touched."""

    def __init__(self, model: WritingModel, state: State) -> None:
        self.model = model
        self.position = state.position
        self.factor = state.yarn_factor
        self.count = 1
        self.native = NativeStep.from_state(model, state)
        self.caches: list[DeltaMemory | ForkedContext | SharedContext] = []
        in_place = can_attend_in_place(model.config.head_dim, model.dtype)
        for layer in () if self.native else state.layers:
            if isinstance(layer, DeltaMemory):
                self.caches.append(layer.fork())
            elif state.position >= state.long.exact or (state.position >= FAR and in_place):
                self.caches.append(ForkedContext(layer))
            else:
                self.caches.append(SharedContext(layer, model.dtype))

    def select_branches(self, chosen: list[int]) -> None:
        """Goes on with these branches, in this order, repeats allowed."""
        if chosen == list(range(self.count)):
            return
        index = torch.tensor(chosen).to(self.model.device)
        if self.native is not None:
            self.native.step.select_branches(index)
        for cache in self.caches:
            cache.select_branches(index)
        self.count = len(chosen)

    def move_state_past(self, state: State, tokens: list[int]) -> bool:
        """Moves `state`, where the only branch started, after `tokens`, which it has read since.
        False, with nothing done, where what the branch remembers is not in the state's form."""
        if self.native is None or self.count != 1:
            return False
        self.native.move_state_past(state, tokens)
        return True

    def logits(self, tokens: list[int]) -> Tensor:
        """Adds one token to each branch; logits of the next, float32 [branches, vocab]."""
        ids = torch.tensor(tokens)[:, None].to(self.model.device)
        with torch.inference_mode():
            if self.native is not None:
                return self.native.logits(tokens)
            hidden = self.model.network(
                ids, self.caches, position=self.position, factor=self.factor
            )
            self.position += 1
        return self.model.logits(hidden[:, 0])
