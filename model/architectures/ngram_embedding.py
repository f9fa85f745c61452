"""Embeddings of n-grams that some layers of Qwen4-Exp add to their residual streams.

The last n token ids, for each n, are hashed to rows of a table that may be larger than memory, so that rows are read
where it lies. No n-gram goes beyond the end of a text.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels.norm.reference import widen
from docqa.model.config import HybridConfig
from docqa.model.families.ngrams import Ngrams
from docqa.model.linear import Depthwise, Embedding, Linear
from docqa.model.network import NgramCache, Norm

LEAST_GATE = 1e-6  # below which a gate's logit keeps its sign alone


class StreamNorm(Norm):
    """Zero-centred RMS norm of each stream by itself, [.., streams * hidden] in and out."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__(torch.zeros(config.hc_count * config.hidden_size), config.rms_norm_eps)
        self.streams = config.hc_count

    def forward(self, x: Tensor) -> Tensor:
        wide, weight = widen(x).unflatten(-1, (self.streams, -1)), widen(self.weight).view(self.streams, -1)
        unit = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return (unit * (1.0 + weight)).flatten(-2).to(x.dtype)


class RowSource(Protocol):
    """A table that is read row by row."""

    def rows(self, numbers: Tensor) -> Tensor:
        """Rows `numbers` [count] of the table, [count, width]."""
        ...


def ngram_rows(ids: Tensor, words: Tensor | None, table: Ngrams, layer: int, vocabulary: int) -> Tensor:
    """Rows of a layer's table for each token and head, int64 [batch, seq, heads].

    Args:
        ids: [batch, seq].
        words: [batch, longest n - 1], the ids before; absent at the beginning of a text.
    """
    before = ids.new_full((ids.shape[0], table.longest - 1), table.eos) if words is None else words
    every = torch.cat([before, ids], 1).long()
    seq, sizes = ids.shape[1], torch.tensor(table.sizes(layer), device=ids.device)
    offsets, multipliers = sizes.cumsum(0) - sizes, table.multipliers(layer, vocabulary)
    mixed, inside, found = every[:, -seq:] * multipliers[0], torch.ones_like(ids, dtype=torch.bool), []
    for back in range(1, table.longest):
        token = every[:, every.shape[1] - seq - back : every.shape[1] - back]
        inside = inside & (token != table.eos)  # behind the end of another text nothing is seen of it
        mixed = mixed ^ (torch.where(inside, token, table.eos) * multipliers[back])
        heads = slice((back - 1) * table.heads, back * table.heads)
        found.append(mixed[..., None] % sizes[heads] + offsets[heads])
    return torch.cat(found, -1)


class NgramTable(nn.Module):
    """The rows of one layer's n-grams; `source`, where it is set, is used instead of the table, which is empty then."""

    source: RowSource | None = None

    def __init__(self, config: HybridConfig, layer: int) -> None:
        super().__init__()
        assert config.ngrams is not None
        self.sizes, self.layer, self.vocabulary = config.ngrams, layer, config.vocab_size
        self.ngram_embedding = Embedding(self.sizes.rows(layer), self.sizes.row)

    def forward(self, ids: Tensor, words: Tensor | None) -> Tensor:
        """[batch, seq, width], for the arguments of `ngram_rows`."""
        rows = ngram_rows(ids, words, self.sizes, self.layer, self.vocabulary)
        if self.source is None:
            return self.ngram_embedding(rows).flatten(-2)
        return self.source.rows(rows.flatten().cpu()).to(ids.device).view(*ids.shape, -1)

    def attach(self, source: RowSource) -> None:
        """Read rows from `source`; what the module has of a table is dropped."""
        self.source = source
        self.ngram_embedding.weight = nn.Parameter(torch.empty(0, self.sizes.row), requires_grad=False)


class NgramLayer(nn.Module):
    """What n-grams add to the streams: a value that each stream gates, and a dilated convolution of the same."""

    def __init__(self, config: HybridConfig, layer: int) -> None:
        super().__init__()
        assert config.ngrams is not None
        self.sizes, self.streams, self.hidden = config.ngrams, config.hc_count, config.hidden_size
        wide = self.streams * self.hidden
        self.ple_embedding = NgramTable(config, layer)
        self.key_proj, self.value_proj = Linear(self.sizes.width, wide), Linear(self.sizes.width, self.hidden)
        self.norm_key, self.norm_query, self.norm_conv = (StreamNorm(config) for _ in range(3))
        self.conv1d = Depthwise(wide, self.sizes.taps)

    def forward(self, x: Tensor, ids: Tensor, cache: NgramCache | None = None) -> Tensor:
        """x [batch, seq, streams * hidden], ids [batch, seq]; as wide as x."""
        words, lexical = (None, None) if cache is None else (cache.words, cache.lexical)
        found = self.ple_embedding(ids, words)
        agreed = self.norm_key(self.key_proj(found)) * self.norm_query(x)
        gate = agreed.unflatten(-1, (self.streams, -1)).sum(-1) * self.hidden**-0.5
        gate = gate.abs().clamp_min(LEAST_GATE).sqrt() * gate.sign()  # [batch, seq, streams]
        value = (gate.sigmoid()[..., None] * self.value_proj(found)[..., None, :]).flatten(-2)
        out, lexical = self._convolved(self.norm_conv(value), lexical)
        if cache is not None:
            cache.update_ngrams(self._last(ids, words), lexical)
        return value + out

    def _convolved(self, x: Tensor, lexical: Tensor | None) -> tuple[Tensor, Tensor]:
        """SiLU of the causal convolution of x [batch, seq, channels] behind `lexical`; and the next `lexical`."""
        reach = self.sizes.reach
        before = x.new_zeros(x.shape[0], reach, x.shape[2]) if lexical is None else lexical
        every, weight = torch.cat([before, x], 1), self.conv1d.weight[:, 0].to(x.dtype)
        taps = (every[:, at * self.sizes.longest :][:, : x.shape[1]] * weight[:, at] for at in range(self.sizes.taps))
        return functional.silu(sum(taps, torch.zeros_like(x))), every[:, every.shape[1] - reach :].clone()

    def _last(self, ids: Tensor, words: Tensor | None) -> Tensor:
        """The last ids of what was read so far, [batch, longest n - 1]."""
        count = self.sizes.longest - 1
        before = ids.new_full((ids.shape[0], count), self.sizes.eos) if words is None else words
        return torch.cat([before, ids], 1)[:, -count:].clone()
