"""Matrices of the network, dense or packed, and the MLP made of three of them."""

from torch import Tensor, nn

from docqa.kernels.activation import silu_product
from docqa.kernels.gguf_matmul import BlockMatrix, block_mlp
from docqa.kernels.matmul import StoredMatrix, product


class LazyStart:
    """Leaves parameters on the meta device alone: torch would import a second's worth of modules to
    fill nothing.
    """

    def reset_parameters(self) -> None:
        if self.weight.device.type != "meta":  # type: ignore[attr-defined]
            super().reset_parameters()  # type: ignore[misc]


class Linear(LazyStart, nn.Linear):
    """A matrix [out, in]; `packed`, where set, is used instead of `weight`, which is empty then.
    `adapter`: (down [rank, in], up [out, rank]), whose product is added."""

    packed: StoredMatrix | None = None
    adapter: tuple[Tensor, Tensor] | None = None

    def __init__(self, inputs: int, outputs: int, *, bias: bool = False) -> None:
        super().__init__(inputs, outputs, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        if not self.packed:
            out = super().forward(x)
        else:
            out = product(x, self.packed)
            out = out if self.bias is None else out.add_(self.bias)
        return out if not self.adapter else out + x @ self.adapter[0].T @ self.adapter[1].T


class Embedding(LazyStart, nn.Embedding):
    """Token vectors, [vocab, hidden]; `packed` as in `Linear`."""

    packed: StoredMatrix | None = None

    def forward(self, ids: Tensor) -> Tensor:
        if not self.packed:
            return super().forward(ids)
        return self.packed.dense(ids.flatten()).view(*ids.shape, -1)


class Depthwise(LazyStart, nn.Conv1d):
    """Weights of the causal convolution, [channels, 1, taps]; kernels/conv computes it."""

    def __init__(self, channels: int, taps: int) -> None:
        super().__init__(channels, channels, taps, groups=channels, bias=False)


class SwiGLU(nn.Module):
    """down(SiLU(gate x) * up x)."""

    def __init__(self, hidden: int, inner: int) -> None:
        super().__init__()
        self.gate_proj = Linear(hidden, inner)
        self.up_proj = Linear(hidden, inner)
        self.down_proj = Linear(inner, hidden)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.gate_proj.packed
        up = self.up_proj.packed
        down = self.down_proj.packed
        if (
            isinstance(gate, BlockMatrix)
            and isinstance(up, BlockMatrix)
            and isinstance(down, BlockMatrix)
        ):
            return block_mlp(x, gate, up, down)
        return self.down_proj(silu_product(self.gate_proj(x), self.up_proj(x)))
