"""A bidirectional encoder: it reads a text both ways (Devlin et al. 2019, arXiv 1810.04805).

The trunk reads a document once, from left to right, without knowing what will be asked. This one reads a question and
an excerpt together; it is for short texts, since every token looks at every other. Beside the places of tokens, every
layer's attention knows how far apart two tokens are (Raffel et al. 2020, arXiv 1910.10683, section 2.1), as in MPNet
(Song et al. 2020, arXiv 2004.09297), whose weights it starts from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels.encoder import add_layer_norm, biased_gelu, encoder_attention
from docqa.model.heads.encoder_shape import EncoderShape, distance_buckets
from docqa.model.linear import Embedding, LazyStart, Linear


class BiasedLinear(Linear):
    """A matrix, dense or packed, and a bias."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.shift = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        if self.packed is None:
            return functional.linear(x, self.weight, self.shift)
        return self.product(x).add_(self.shift)

    def product(self, x: Tensor) -> Tensor:
        """Without the bias, for what adds it on the way."""
        return super().forward(x)


class LayerNorm(LazyStart, nn.LayerNorm):
    """Mean 0 and variance 1 along the last axis, then a weight and a bias."""

    def of_sum(self, x: Tensor, r: Tensor, shift: Tensor | None = None) -> Tensor:
        """Of x + (r + shift), in one pass; not differentiable."""
        return add_layer_norm(x, r, self.weight, self.bias, self.eps, shift=shift)


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

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """x [batch, seq, hidden] to the same; `bias` as of `Encoder.bias`, in the dtype of x."""
        x = self.attended_norm(x + self.attended(self._seen(x, bias)))
        return self.outer_norm(x + self.outer(functional.gelu(self.inner(x))))

    def _seen(self, x: Tensor, bias: Tensor) -> Tensor:
        """What every token attends to, all heads side by side, [batch, seq, hidden]."""
        q, k, v = (
            part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value)
        )  # [batch, heads, seq, dim]
        # Written out: torch's fused attention takes twice as long backward.
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(2, 3)
        seen = (scores + bias).softmax(-1).to(v.dtype) @ v
        return seen.transpose(1, 2).flatten(2)

    def read(self, x: Tensor, starts: Tensor, near: Tensor | None) -> Tensor:
        """`forward` of texts without filling, x [tokens, hidden]; not differentiable. `starts`, `near`: see Encoder."""
        parts = self.query, self.key, self.value
        shifts = self.query.shift, self.key.shift, self.value.shift
        q, k, v = (part.product(x) for part in parts)
        seen = self.attended.product(encoder_attention(q, k, v, starts, heads=self.heads, near=near, shifts=shifts))
        x = self.attended_norm.of_sum(x, seen, self.attended.shift)
        inner = self.inner.product(x)  # 12 MB of an excerpt, so what follows goes into the same memory
        wide = biased_gelu(inner, self.inner.shift, out=inner)
        return self.outer_norm.of_sum(x, self.outer.product(wide), self.outer.shift)


class Encoder(nn.Module):
    """Token ids to states. The layers compute in the dtype of the norms' weights, as the embeddings may not."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.shape = shape
        self.words = Embedding(shape.vocabulary, shape.hidden)
        self.places = Embedding(shape.positions, shape.hidden)
        self.norm = LayerNorm(shape.hidden, shape.eps)
        self.near = Embedding(shape.buckets, shape.heads) if shape.buckets else None
        self.layers = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.layers))

    def embedded(self, ids: Tensor) -> Tensor:
        """What the first layer gets, [batch, seq, hidden]."""
        return self.norm(self.words(ids) + self.places(torch.arange(ids.shape[1], device=ids.device)))

    def bias(self, mask: Tensor) -> Tensor:
        """What every layer adds to its scores, [batch, heads or 1, seq or 1, seq]; -inf where not to look.

        `mask` [batch, seq] is True on tokens.
        """
        outside = ~mask[:, None, None]
        if self.near is None:
            nothing = self.norm.weight.new_zeros(outside.shape)
            return nothing.masked_fill(outside, float("-inf"))
        place = np.arange(mask.shape[1])
        buckets = torch.from_numpy(distance_buckets(place[:, None] - place, self.shape.buckets)).to(mask.device)
        near = self.near(buckets).permute(2, 0, 1)[None]
        return near.masked_fill(outside, float("-inf"))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """States [batch, seq, hidden] of ids [batch, seq]; `mask` is True on tokens, which come first in each row.

        Where no gradient is recorded the states of what is no token are 0, and are not computed.
        """
        if not torch.is_grad_enabled():
            states = self.read(ids[mask], functional.pad(mask.sum(1).cumsum(0), (1, 0)).cpu())
            return states.new_zeros(*mask.shape, states.shape[-1]).masked_scatter_(mask[..., None], states)
        bias = self.bias(mask)
        x = self.embedded(ids).to(bias.dtype)
        for layer in self.layers:
            x = layer(x, bias)
        return x

    def read(self, ids: Tensor, starts: Tensor) -> Tensor:
        """States [tokens, hidden] of texts one behind the other, without filling; not differentiable.

        Text n has the tokens from starts[n] to starts[n + 1]; `starts` is on the CPU.
        """
        sizes = starts.diff()
        places = torch.arange(len(ids)) - starts[:-1].repeat_interleave(sizes)
        words = self.words(ids).to(self.norm.weight.dtype)
        x = self.norm.of_sum(words, self.places(places.to(ids.device)))
        near = self.by_distance(int(sizes.max()))
        layer: Any  # torch types a ModuleList's parts as modules of any kind
        for layer in self.layers:
            x = layer.read(x, starts, near)
        return x

    def by_distance(self, longest: int) -> Tensor | None:
        """What scores get for the distance of tokens i and j: [heads, 2 * longest - 1], at longest - 1 + j - i."""
        if self.near is None:
            return None
        back = -np.arange(1 - longest, longest)
        buckets = torch.from_numpy(distance_buckets(back, self.shape.buckets)).to(self.norm.weight.device)
        return self.near(buckets).T.contiguous()
