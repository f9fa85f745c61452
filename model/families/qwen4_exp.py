"""`qwen4_exp` (Qwen4-Exp): its config.json by the names of `HybridConfig`, and what of it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from docqa.model.errors import ConfigUnsupported
from docqa.model.families.fields import FULL, LINEAR, default, size
from docqa.model.families.grouped_experts import check_options
from docqa.model.families.ngrams import Ngrams

INDEXED = "indexed_attention"  # what transformers calls the attention layers, all of which have an index
LARGEST_BASE = 1 << 32  # rows of a head; primes beyond would take long to find
OPTIONS: dict[str, tuple[object, ...]] = {
    "hidden_act": ("silu",),
    "output_gate_type": ("silu", "sigmoid"),
    "norm_topk_prob": (True, False),
    "indexer_kv_heads": (1,),
    "decoder_sparse_step": (1,),
    "mlp_only_layers": ([],),
}
# What transformers takes where a config.json leaves it out.
DEFAULTS: dict[str, object] = {
    "hc_count": 4, "hc_lowrank": 320, "ple_conv_kernel_size": 4, "ngram_size": 3, "heads_per_ngram": 8,
    "ngram_vocab_size_base": 20_000_000, "make_ngram_vocab_size_divisible_by": 128, "seed": 1_234,
    "full_attention_interval": 4, "max_position_embeddings": 32_768, "norm_topk_prob": True,
}  # fmt: skip


@dataclass(frozen=True)
class Indexer:
    """What chooses the keys that a query reads: `heads` of `dim` score blocks of `block` tokens, the `best` are read.

    The tokens behind the last whole block are always read.
    """

    heads: int
    dim: int
    block: int
    best: int


def complete(raw: dict[str, object]) -> None:
    """Turn the fields into those of `HybridConfig`.

    Raises:
        ConfigUnsupported: a size is missing, no whole number, or does not fit the others; an option is not computed.
    """
    check_options(raw, OPTIONS)
    for name, value in DEFAULTS.items():
        default(raw, name, value)
    for name in ("num_experts", "hc_lowrank"):
        size(raw, name)
    if size(raw, "hc_count") < 2:
        raise ConfigUnsupported("config.json: hc_count = 1 is not supported; there are 2 residual streams or more")
    kinds = _layers(raw)
    raw["layer_types"] = kinds
    raw["indexer"] = _indexer(raw) if FULL in kinds else None
    raw["ngrams"] = _ngrams(raw, kinds) if raw.get("ple_layer_ids") else None
    raw["sigmoid_gate"] = raw.get("output_gate_type") == "sigmoid"


def _layers(raw: Mapping[str, object]) -> list[str]:
    """The kind of each layer; released configs call indexed attention full."""
    count, every, said = size(raw, "num_hidden_layers"), size(raw, "full_attention_interval"), raw.get("layer_types")
    if said is None:
        return [LINEAR if (at + 1) % every else FULL for at in range(count)]
    if not isinstance(said, list | tuple):
        raise ConfigUnsupported(f"config.json: layer_types = {said!r}, a list is needed")
    return [FULL if kind == INDEXED else str(kind) for kind in said]


def _indexer(raw: Mapping[str, object]) -> Indexer:
    names = ("indexer_n_heads", "indexer_kv_heads", "indexer_head_dim", "indexer_budget", "indexer_compress_ratio")
    heads, _, dim, budget, block = (size(raw, name) for name in names)
    if budget % block:
        raise ConfigUnsupported(
            f"config.json: indexer_budget = {budget} is not a multiple of indexer_compress_ratio = {block}"
        )
    return Indexer(heads, dim, block, budget // block)


def _ngrams(raw: Mapping[str, object], kinds: list[str]) -> Ngrams:
    """The n-gram embeddings, of which at least one layer has a table; config.json numbers layers from 1."""
    width = raw.get("ple_embed_dim")
    width = size(raw, "hidden_size" if width is None else "ple_embed_dim")
    longest, heads, base = size(raw, "ngram_size"), size(raw, "heads_per_ngram"), size(raw, "ngram_vocab_size_base")
    if longest < 2:
        raise ConfigUnsupported(f"config.json: ngram_size = {longest}, a whole number from 2 on is needed")
    if width % ((longest - 1) * heads):
        raise ConfigUnsupported(
            f"config.json: ple_embed_dim = {width} is not a multiple of the {(longest - 1) * heads} heads of n-grams"
        )
    if base > LARGEST_BASE:
        raise ConfigUnsupported(f"config.json: ngram_vocab_size_base = {base} is more than {LARGEST_BASE:,}")
    return Ngrams(
        layers=_ngram_layers(raw["ple_layer_ids"], kinds), width=width, longest=longest, heads=heads, base=base,
        multiple=size(raw, "make_ngram_vocab_size_divisible_by"), seed=_whole(raw, "seed"), eos=_eos(raw),
        taps=size(raw, "ple_conv_kernel_size"),
    )  # fmt: skip


def _ngram_layers(said: object, kinds: list[str]) -> tuple[int, ...]:
    """Numbers of the layers that have n-grams, from 0 on, ascending."""
    found: set[int] = set()
    for at in said if isinstance(said, list | tuple) else [said]:
        if not isinstance(at, int) or isinstance(at, bool) or not 1 <= at <= len(kinds) or kinds[at - 1] != LINEAR:
            raise ConfigUnsupported(f"config.json: ple_layer_ids = {said!r}, {at!r} is no {LINEAR} layer")
        found.add(at - 1)
    return tuple(sorted(found))


def _eos(raw: Mapping[str, object]) -> int:
    """The token that n-grams do not go beyond: the first of those that end a text."""
    said = raw.get("eos_token_id")
    first = said[0] if isinstance(said, list | tuple) and said else said
    return _whole({"eos_token_id": first}, "eos_token_id")


def _whole(raw: Mapping[str, object], name: str) -> int:
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ConfigUnsupported(f"config.json: {name} = {value!r}, a whole number from 0 on is needed")
    return value
