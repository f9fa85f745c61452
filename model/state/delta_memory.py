"""What a delta net remembers: tensors of torch, or arrays of numpy where native kernels read; none
is written to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Array = Any


@dataclass(eq=False)
class DeltaMemory:
    """`tail` [batch, taps - 1, channels] before the convolution, `memory` [batch, heads, key,
    value].
    """

    tail: Array | None = None
    memory: Array | None = None

    def update(self, tail: Array, memory: Array) -> None:
        self.tail = tail
        self.memory = memory

    def fork(self) -> "DeltaMemory":
        return DeltaMemory(self.tail, self.memory)

    def tensors(self) -> dict[str, Array]:
        """What is remembered, by the names of a saved state."""
        both = (("tail", self.tail), ("memory", self.memory))
        return {name: part for name, part in both if part is not None}

    def restore(self, parts: Mapping[str, Array], own: str) -> None:
        """Takes over what `tensors` gave, after the names' beginning `own`. Raises KeyError: one
        is missing.
        """
        self.update(parts[f"{own}tail"], parts[f"{own}memory"])
