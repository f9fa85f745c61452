"""Qwen4-Exp: several residual streams, embeddings of n-grams in some layers, and attention that an index narrows.

Follows `qwen4_exp` as `transformers` computes its text model; parameters carry the names of its checkpoints. Delta
nets, experts and the attention that is narrowed are those of hybrid.py. There is no norm behind the last layer: the
streams are mixed to one there, as they are in front of every mixer and every MLP. A module of multi-token prediction is
not built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from docqa.kernels import rope
from docqa.kernels.attention import attention, attention_indexed, chosen_blocks
from docqa.kernels.attention.kv_cache import Context, KVBlock
from docqa.kernels.norm import rms_norm
from docqa.kernels.norm.reference import widen
from docqa.model.architectures.ngram_embedding import NgramLayer, StreamNorm
from docqa.model.config import FULL, HybridConfig
from docqa.model.hybrid import GatedAttention, GatedDeltaNet, GatedNorm, RMSNorm
from docqa.model.linear import Linear
from docqa.model.moe import SparseMoe
from docqa.model.network import Cache, IndexedCache, Network


class SigmoidNorm(GatedNorm):
    """Norm of a delta net's output: plain weight, then the gate sigmoid(z); [.., head_dim] in and out."""

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return (rms_norm(x, widen(self.weight), self.eps) * widen(z).sigmoid()).to(x.dtype)


class StreamMixer(nn.Module):
    """One input out of all residual streams [batch, seq, streams * hidden], each normed and gated.

    The gate of every dim comes out of all streams through a narrow layer.
    """

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        self.streams, wide = config.hc_count, config.hc_count * config.hidden_size
        self.hc_norm = StreamNorm(config)
        self.input_mix_weight_down = Linear(wide, config.hc_lowrank)
        self.input_mix_weight_up = Linear(config.hc_lowrank, wide)

    def mixed(self, normed: Tensor) -> Tensor:
        """The mean of the gated streams: `normed` [batch, seq, streams * hidden] -> [batch, seq, hidden]."""
        gate = self.input_mix_weight_up(functional.silu(self.input_mix_weight_down(normed) / self.streams)).sigmoid()
        return (gate * normed).unflatten(-1, (self.streams, -1)).mean(-2)

    def forward(self, x: Tensor) -> Tensor:
        return self.mixed(self.hc_norm(x))


class StreamResidual(StreamMixer):
    """What stands around a mixer or MLP: it reads all streams mixed, and each stream takes its own share of the result.

    Shares [batch, seq, streams] are between 0 and 2.
    """

    def __init__(self, config: HybridConfig) -> None:
        super().__init__(config)
        self.block_inject_weight = Linear(config.hc_count * config.hidden_size, config.hc_count)

    def around(self, x: Tensor, inner: Callable[[Tensor], Tensor]) -> Tensor:
        """`x` [batch, seq, streams * hidden] with what `inner` makes of [batch, seq, hidden] added to every stream."""
        normed = self.hc_norm(x)
        shares = 2 * (self.block_inject_weight(normed) / self.streams).sigmoid()
        return x + (inner(self.mixed(normed))[..., None, :] * shares[..., None]).flatten(-2)


class KeyIndex(nn.Module):
    """Chooses the blocks of keys that a query reads, by queries and keys of its own.

    A block's key is the mean of its tokens' keys, normed, and turned as the first of them.
    """

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        assert config.indexer is not None
        self.sizes = config.indexer
        self.index_qk_proj = Linear(config.hidden_size, (self.sizes.heads + 1) * self.sizes.dim)
        self.q_layernorm = RMSNorm(self.sizes.dim, config.rms_norm_eps)
        self.k_layernorm = RMSNorm(self.sizes.dim, config.rms_norm_eps)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: IndexedCache | None) -> Tensor | None:
        """bool [batch, seq, blocks]; None where every query reads all blocks. `rotation` as of `IndexedAttention`."""
        projected = self.index_qk_proj(x).unflatten(-1, (-1, self.sizes.dim))
        first, seq = 0 if cache is None else cache.length, x.shape[1]
        keys = self._block_keys(projected[:, :, -1], rotation, cache)
        if keys.shape[1] <= self.sizes.best:
            return None
        cos, sin = rotation
        q = rope.rotate(self.q_layernorm(projected[:, :, :-1]), cos[-seq:], sin[-seq:])
        return chosen_blocks(q, keys, first, self.sizes.block, self.sizes.best)

    def _block_keys(self, keys: Tensor, rotation: tuple[Tensor, Tensor], cache: IndexedCache | None) -> Tensor:
        """Of all whole blocks [batch, blocks, dim], those that `keys` [batch, seq, dim] make whole among them."""
        if cache is not None and cache.waiting is not None:
            keys = torch.cat([cache.waiting, keys], 1)
        size, whole = self.sizes.block, keys.shape[1] // self.sizes.block * self.sizes.block
        mean = widen(keys[:, :whole].unflatten(1, (-1, size))).mean(2).to(keys.dtype)
        starts = (part[:whole:size] for part in rotation)
        pooled = rope.rotate(self.k_layernorm(mean)[:, :, None], *starts)[:, :, 0] if whole else mean
        if cache is None:
            return pooled
        if cache.pooled is not None:
            pooled = torch.cat([cache.pooled, pooled], 1) if whole else cache.pooled
        cache.update_index(pooled, keys[:, whole:].clone())
        return pooled


class IndexedAttention(GatedAttention):
    """Gated attention over the blocks of keys that an index chooses, and the tokens behind the last whole block.

    `rotation` begins where the block begins that the first token is in, so that its key can be turned when it is whole.
    """

    def __init__(self, config: HybridConfig) -> None:
        super().__init__(config)
        self.indexer = KeyIndex(config)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: IndexedCache | None = None) -> Tensor:  # type: ignore[override]
        seq, size = x.shape[1], self.indexer.sizes.block
        cos, sin = rotation
        q, gate, k, v = self.inputs(x, (cos[-seq:], sin[-seq:]))
        chosen = self.indexer(x, rotation, cache)
        if chosen is None:
            out = (attention if cache is None else cache.attend)(q, k, v, rounded=self.k_proj.packed is not None)
        elif cache is None:
            rows = zip(q[:, None], k, v, chosen, strict=True)
            out = torch.cat([attention_indexed(q, Context((KVBlock(k, v),), seq), row, size) for q, k, v, row in rows])
        else:
            out = cache.attend_chosen(q, k, v, chosen, size)
        return self.o_proj((out * gate.sigmoid()).flatten(2))


class StreamLayer(nn.Module):
    """A mixer and experts, each with the streams around it; n-grams of `ids` are added first, where a layer has any."""

    def __init__(self, config: HybridConfig, number: int) -> None:
        super().__init__()
        self.kind = config.layer_types[number]
        if self.kind == FULL:
            self.self_attn = IndexedAttention(config)
        else:
            self.linear_attn = GatedDeltaNet(config)
            if config.sigmoid_gate:
                self.linear_attn.norm = SigmoidNorm(config.linear_value_head_dim, config.rms_norm_eps)
        self.mlp = SparseMoe(config)
        self.ple = NgramLayer(config, number) if config.has_ngrams(number) else None
        self.attn_hyper_connection = StreamResidual(config)
        self.mlp_hyper_connection = StreamResidual(config)

    def forward(
        self, x: Tensor, rotation: tuple[Tensor, Tensor], cache: Cache | None = None, *, ids: Tensor
    ) -> Tensor:
        """x [batch, seq, streams * hidden] in and out; ids [batch, seq]."""
        if self.ple is not None:
            x = x + self.ple(x, ids, cache)
        mixer = self.self_attn if self.kind == FULL else self.linear_attn
        x = self.attn_hyper_connection.around(x, lambda inner: mixer(inner, rotation, cache))
        return self.mlp_hyper_connection.around(x, self.mlp)


class Qwen4Exp(Network):
    """The whole network; `layers`: build that many of the first layers only."""

    in_pieces = False

    def __init__(self, config: HybridConfig, layers: int | None = None) -> None:
        count = config.num_hidden_layers if layers is None else layers
        super().__init__(config, (StreamLayer(config, number) for number in range(count)), None)
        self.hyper_connection_mixer = StreamMixer(config)

    def forward(
        self, ids: Tensor, caches: Sequence[Cache] | None = None, *, position: int = 0, factor: float = 1.0,
        hooks: Mapping[int, Callable[[Tensor], None]] | None = None, layers: int | None = None,
        block: int | None = None,
    ) -> Tensor:  # fmt: skip
        """As `Network.forward`, all at once; what hooks get, and what comes out of the first layers alone, is the
        streams' mean.
        """
        config = self.config
        behind = position % config.indexer.block if config.indexer is not None else 0
        cos, sin = self.rotation(torch.arange(position - behind, position + ids.shape[1]), factor)
        rotation = cos.to(ids.device), sin.to(ids.device)
        x = self.embed_tokens(ids).repeat(1, 1, config.hc_count)
        for number, layer in enumerate(self.layers[:layers]):
            x = layer(x, rotation, None if caches is None else caches[number], ids=ids)
            if hooks and number in hooks:
                hooks[number](self._mean(x))
        return self.hyper_connection_mixer(x) if layers is None else self._mean(x)

    def _mean(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.config.hc_count, -1)).mean(-2)
