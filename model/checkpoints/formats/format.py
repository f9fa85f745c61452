"""What every format says about itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from .quantization import Quantization

Parts = Mapping[str, Tensor]


class BadParts(Exception):
    """The parts of a tensor do not fit together or its shape; the message, which follows their
    name, says which.
    """


@dataclass(frozen=True, eq=False)
class TensorFormat:
    """One way to store a tensor.

    `parts`: what each part is called, to its name after the tensor's stem: its name without
    `weight`, or all of it where `ending` is empty. `mark`: the part that only this format has.
    `method`: the `quant_method` that it belongs to, None where the mark alone decides.
    """

    mark: str
    parts: Mapping[str, str]
    decode: Callable[[Parts, tuple[int, ...], Quantization], Tensor]
    optional: frozenset[str] = frozenset()
    method: str | None = None
    ending: str = "weight"
    check: Callable[[Parts, tuple[int, ...]], None] = field(default=lambda parts, shape: None)

    def names(self, name: str) -> dict[str, str]:
        """The stored names of the parts of tensor `name`."""
        stem = name.removesuffix(self.ending)
        return {part: stem + suffix for part, suffix in self.parts.items()}

    def dense(self, parts: Parts, shape: tuple[int, ...], quantization: Quantization) -> Tensor:
        """The tensor, float32 or in the floating dtype it is stored in. Raises BadParts: parts do
        not fit `shape` or one another."""
        self.check(parts, shape)
        return self.decode(parts, shape, quantization)


def check_part_shape(
    part: Tensor, shape: tuple[int, ...], called: str, matrix: tuple[int, ...]
) -> None:
    """Raises BadParts unless a part has the shape that a tensor of shape `matrix` asks for."""
    if tuple(part.shape) != shape:
        raise BadParts(f"has {called} of {tuple(part.shape)}, a matrix of {matrix} needs {shape}")
