"""A small bidirectional encoder, as BERT is built (Devlin et al. 2019, arXiv 1810.04805): it reads a text both ways.

The trunk reads a document once, from left to right, without knowing what will be asked. This one reads a question and
an excerpt together; it is for short texts, since every token looks at every other.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.linear import Embedding, LazyStart, Linear


@dataclass(frozen=True)
class EncoderShape:
    """Sizes of an encoder; `positions` is the longest text, in tokens."""

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    eps: float = 1e-12


class BiasedLinear(Linear):
    """A matrix, dense or packed, and a bias."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.shift = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        if self.packed is None:
            return functional.linear(x, self.weight, self.shift)
        return super().forward(x) + self.shift


class LayerNorm(LazyStart, nn.LayerNorm):
    """Mean 0 and variance 1 along the last axis, then a weight and a bias."""


class EncoderLayer(nn.Module):
    """Attention and a feed-forward part, each added to its input and normalised after."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        hidden, self.heads = shape.hidden, shape.heads
        self.query, self.key, self.value = (BiasedLinear(hidden, hidden) for _ in range(3))
        self.attended = BiasedLinear(hidden, hidden)
        self.attended_norm = LayerNorm(hidden, shape.eps)
        self.inner = BiasedLinear(hidden, shape.inner)
        self.outer = BiasedLinear(shape.inner, hidden)
        self.outer_norm = LayerNorm(hidden, shape.eps)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x [batch, seq, hidden]; `mask` [batch, 1, 1, seq], True on the tokens to look at."""
        q, k, v = (
            part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value)
        )  # [batch, heads, seq, dim]
        if torch.is_grad_enabled():  # written out: torch's fused attention takes twice as long backward
            scores = (q * q.shape[-1] ** -0.5) @ k.transpose(2, 3)
            seen = scores.masked_fill(~mask, float("-inf")).softmax(-1).to(v.dtype) @ v
        else:
            seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.attended_norm(x + self.attended(seen.transpose(1, 2).flatten(2)))
        return self.outer_norm(x + self.outer(functional.gelu(self.inner(x))))


class Encoder(nn.Module):
    """Token ids to states."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.shape = shape
        self.words = Embedding(shape.vocabulary, shape.hidden)
        self.places = Embedding(shape.positions, shape.hidden)
        self.parts = Embedding(2, shape.hidden)  # the first text, the second
        self.norm = LayerNorm(shape.hidden, shape.eps)
        self.layers = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.layers))

    def embedded(self, ids: Tensor, second: Tensor) -> Tensor:
        """What the first layer gets, [batch, seq, hidden]; `second` is True on the second text's tokens."""
        places = torch.arange(ids.shape[1], device=ids.device)
        return self.norm(self.words(ids) + self.places(places) + self.parts(second.long()))

    def forward(self, ids: Tensor, mask: Tensor, second: Tensor) -> Tensor:
        """States [batch, seq, hidden] of ids [batch, seq]; `mask` is True on tokens, `second` on the second text's."""
        x = self.embedded(ids, second)
        for layer in self.layers:
            x = layer(x, mask[:, None, None, :])
        return x
