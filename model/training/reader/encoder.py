"""The encoder of model/native/encoder.py in torch, with gradients: what is trained."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.native.encoder import EncoderShape, distance_buckets


class BiasedLinear(nn.Linear):
    """A matrix and a bias, which goes by the name `shift`."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, bias=False)
        self.shift = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = _Product.apply(x, self.weight, self.shift)
        return found


class _Product(torch.autograd.Function):
    """x @ weight.T + shift. Gradients of the weight come of contiguous rows: torch's own take twice
    as long in bf16.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, shift: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return functional.linear(x, weight, shift)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (x, weight), gradient = ctx.saved_tensors, gradients[0].flatten(0, -2)
        towards_x, towards_weight, towards_shift = ctx.needs_input_grad
        return (
            (gradient @ weight).view_as(x) if towards_x else None,
            gradient.t().contiguous() @ x.flatten(0, -2) if towards_weight else None,
            gradient.sum(0) if towards_shift else None,
        )


class EncoderLayer(nn.Module):
    """Attention and a feed-forward part, each added to its input and normalised after."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        hidden = shape.hidden
        self.heads = shape.heads
        self.query, self.key, self.value = (BiasedLinear(hidden, hidden) for _ in range(3))
        self.attended = BiasedLinear(hidden, hidden)
        self.attended_norm = nn.LayerNorm(hidden, shape.eps)
        self.inner = BiasedLinear(hidden, shape.inner)
        self.outer = BiasedLinear(shape.inner, hidden)
        self.outer_norm = nn.LayerNorm(hidden, shape.eps)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """x [batch, seq, hidden] to the same; `bias` as of `Encoder.bias`, in the dtype of x."""
        x = self.attended_norm(x + self.attended(self._seen(x, bias)))
        return self.outer_norm(x + self.outer(functional.gelu(self.inner(x))))

    def _seen(self, x: Tensor, bias: Tensor) -> Tensor:
        """What every token attends to, all heads side by side, [batch, seq, hidden]."""
        q, k, v = (
            part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )  # [batch, heads, seq, dim]
        # Written out: torch's fused attention takes twice as long backward.
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(2, 3)
        seen = (scores + bias).softmax(-1).to(v.dtype) @ v
        return seen.transpose(1, 2).flatten(2)


class Encoder(nn.Module):
    """Token ids to states. The layers compute in the dtype of the norms' weights, as the embeddings
    may not.
    """

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.hidden)
        self.places = nn.Embedding(shape.positions, shape.hidden)
        self.norm = nn.LayerNorm(shape.hidden, shape.eps)
        self.near = nn.Embedding(shape.buckets, shape.heads) if shape.buckets else None
        self.layers = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.layers))

    def bias(self, mask: Tensor) -> Tensor:
        """What every layer adds to its scores, [batch, heads or 1, seq or 1, seq]; -inf where not
        to look.

        `mask` [batch, seq] is True on tokens.
        """
        outside = ~mask[:, None, None]
        if self.near is None:
            nothing = self.norm.weight.new_zeros(outside.shape)
            return nothing.masked_fill(outside, float("-inf"))
        place = np.arange(mask.shape[1])
        buckets = torch.from_numpy(distance_buckets(place[:, None] - place, self.shape.buckets)).to(
            mask.device
        )
        near = self.near(buckets).permute(2, 0, 1)[None]
        return near.masked_fill(outside, float("-inf"))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """States [batch, seq, hidden] of ids [batch, seq]; `mask` is True on tokens, which come
        first in each row.
        """
        bias = self.bias(mask)
        x = self.norm(
            self.words(ids) + self.places(torch.arange(ids.shape[1], device=ids.device))
        ).to(bias.dtype)
        for layer in self.layers:
            x = layer(x, bias)
        return x
