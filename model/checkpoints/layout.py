"""What a family's checkpoint names or orders differently, turned into the tensors of its network.

`qwen3_next` keeps the projections of a delta net together, key head by key head (runtime reference 1.2); its releases,
and quantized ones of `qwen3_5_moe`, keep every expert apart. `olmo_hybrid` keeps the convolutions of queries, keys and
values apart, and calls the norms of its delta layers as no other does. Names decide, not the config: either form is
accepted under either family. `kimi_linear` calls experts and their matrices as Mixtral does, `bailing_hybrid` mixers,
embedding and biases of the choice otherwise, and transformers' own models of both keep what forgets in a module of its
own. `qwen4_exp` cuts its tables of n-grams into shards of equal length, but for the last.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from docqa.model.config import HybridConfig
from docqa.model.families import NEXT

Read = Callable[[str, tuple[int, ...]], Tensor]
EXPERTS = re.compile(r"(?P<experts>.*\.mlp\.experts)\.(?P<part>gate_up_proj|down_proj)$")
TOGETHER = {
    "in_proj_qkv.weight": "in_proj_qkvz.weight",
    "in_proj_z.weight": "in_proj_qkvz.weight",
    "in_proj_b.weight": "in_proj_ba.weight",
    "in_proj_a.weight": "in_proj_ba.weight",
}
APART = {
    "in_proj_qkvz.weight": ("in_proj_qkv.weight", "in_proj_z.weight"),
    "in_proj_ba.weight": ("in_proj_b.weight", "in_proj_a.weight"),
}
CONV = "conv1d.weight"
TABLE = "ngram_embedding.weight"
CONVS_APART = ("q_conv1d.weight", "k_conv1d.weight", "v_conv1d.weight")
MIXTRAL = (".mlp.", ".block_sparse_moe.")
OTHER_NAMES = {
    "input_layernorm": "attention_layer_norm",
    "post_attention_layernorm": "feedforward_layer_norm",
    MIXTRAL[0]: MIXTRAL[1],
    ".forget_gate.": ".",
    "embed_tokens.": "word_embeddings.",
    ".o_proj.": ".dense.",
    ".self_attn.": ".attention.",
    "e_score_correction_bias": "expert_bias",
}


@dataclass(frozen=True)
class Recipe:
    """One tensor of the network: the checkpoint's tensors that it is made of, with their shapes, and how."""

    sources: tuple[tuple[str, tuple[int, ...]], ...]
    build: Callable[[Read], Tensor]
    rows: Tensor | None = None  # of the only source, in this order


def recipe_for(name: str, shape: tuple[int, ...], config: HybridConfig, present: Container[str]) -> Recipe:
    """How tensor `name` of the network is made of those that are `present` in a checkpoint.

    Where nothing fits, the recipe asks for `name` itself.
    """
    if name not in present:
        for other in _other_names(name):
            found = _in_another_form(other, shape, config, present)
            if found is not None:
                return found
    return Recipe(((name, shape),), lambda read: read(name, shape))


def _in_another_form(name: str, shape: tuple[int, ...], config: HybridConfig, present: Container[str]) -> Recipe | None:
    """How a tensor is made of `name`, or of others that `name` is kept as; None where they are not `present`."""
    if name in present:
        return Recipe(((name, shape),), lambda read: read(name, shape))
    found = EXPERTS.match(name)
    if found and expert_names(found["experts"], 0, present)[2] in present:
        return _stacked(found["experts"], found["part"], config, present)
    stem, _, part = name.rpartition("linear_attn.")
    together = f"{stem}linear_attn.{TOGETHER.get(part, '')}"
    if part in TOGETHER and together in present:
        return _gathered(together, shape[1:], interleaved_rows(config)[part], config)
    if part in APART and f"{stem}linear_attn.{APART[part][0]}" in present:
        return _interleaved(f"{stem}linear_attn.", part, shape, config)
    if name.endswith(CONV) and name.removesuffix(CONV) + CONVS_APART[0] in present:
        return _joined_convs(name.removesuffix(CONV), shape[1:], config)
    if name.endswith(TABLE) and _shard(name, 0) in present:
        return _joined_shards(name, shape, present)
    return None


def _other_names(name: str) -> list[str]:
    """`name`, and what releases call the same, with any of OTHER_NAMES."""
    names = [name]
    for ours, other in OTHER_NAMES.items():
        names += [known.replace(ours, other) for known in names if ours in known]
    return names


def interleaved_rows(config: HybridConfig) -> dict[str, Tensor]:
    """Rows of `in_proj_qkvz` and `in_proj_ba` that make up each of the four projections, int64.

    Key head g owns rows q (key_dim), k (key_dim), v (r * value_dim), z (r * value_dim) of the first, b (r) and a (r) of
    the second; r value heads share a key head.
    """
    heads, repeat = config.linear_num_key_heads, config.linear_num_value_heads // config.linear_num_key_heads
    key, values = config.linear_key_head_dim, repeat * config.linear_value_head_dim
    wide = torch.arange(heads * 2 * (key + values)).view(heads, -1)
    q, k, v, z = (part.flatten() for part in wide.split([key, key, values, values], 1))
    b, a = (part.flatten() for part in torch.arange(heads * 2 * repeat).view(heads, -1).chunk(2, 1))
    return {
        "in_proj_qkv.weight": torch.cat([q, k, v]),
        "in_proj_z.weight": z,
        "in_proj_b.weight": b,
        "in_proj_a.weight": a,
    }


def checkpoint_layout(config: HybridConfig, tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """The network's tensors as releases lay them out: projections of `qwen3_next` together, its experts apart."""
    for name, tensor in tensors.items():
        stem, _, part = name.rpartition("linear_attn.")
        if config.model_type == NEXT and part in TOGETHER:
            together = f"{stem}linear_attn.{TOGETHER[part]}"
            if part == APART[TOGETHER[part]][0]:
                yield together, together_of(together, config, tensors)
        elif config.model_type == NEXT and EXPERTS.match(name):
            yield from experts_apart(name, tensor)
        else:
            yield name, tensor


def together_of(name: str, config: HybridConfig, tensors: Mapping[str, Tensor]) -> Tensor:
    """`in_proj_qkvz` or `in_proj_ba` of `qwen3_next`, called `name`, from the network's `tensors`."""
    stem, _, part = name.rpartition("linear_attn.")
    halves = [tensors[f"{stem}linear_attn.{half}"] for half in APART[part]]
    shape = (sum(len(half) for half in halves), halves[0].shape[1])
    return recipe_for(name, shape, config, tensors).build(lambda source, _: tensors[source])


def experts_apart(name: str, tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
    """A tensor of all experts as a matrix for each, so that one is read without the others; any other as it is."""
    stem, _, part = name.rpartition(".")
    if not stem.endswith(".experts"):
        yield name, tensor
        return
    for number, matrix in enumerate(tensor):
        gate, up, down = expert_names(stem, number)
        if part == "down_proj":
            yield down, matrix
        else:
            yield from zip((gate, up), matrix.chunk(2), strict=True)


def expert_names(experts: str, number: int, present: Container[str] = ()) -> tuple[str, str, str]:
    """Names of one expert's gate, up and down matrices, where every expert is apart; as they are `present`."""
    other = f"{experts.replace(*MIXTRAL)}.{number}"
    if f"{other}.w2.weight" in present:
        return f"{other}.w1.weight", f"{other}.w3.weight", f"{other}.w2.weight"
    gate, up, down = (f"{experts}.{number}.{part}_proj.weight" for part in ("gate", "up", "down"))
    return gate, up, down


def _gathered(source: str, columns: tuple[int, ...], rows: Tensor, config: HybridConfig) -> Recipe:
    values = config.linear_num_value_heads
    whole = 2 * values
    if source.endswith("qkvz.weight"):
        whole = 2 * (config.linear_num_key_heads * config.linear_key_head_dim + values * config.linear_value_head_dim)
    shape = (whole, *columns)
    return Recipe(((source, shape),), lambda read: read(source, shape)[rows], rows)


def _interleaved(stem: str, part: str, shape: tuple[int, ...], config: HybridConfig) -> Recipe:
    """The other way round: what transformers asks for, where a checkpoint has the projections apart."""
    rows = interleaved_rows(config)
    sources = tuple((stem + name, (len(rows[name]), *shape[1:])) for name in APART[part])

    def build(read: Read) -> Tensor:
        out = None
        for (name, form), home in zip(sources, (rows[name] for name in APART[part]), strict=True):
            matrix = read(name, form)
            out = matrix.new_empty(shape) if out is None else out
            out[home] = matrix
        assert out is not None
        return out

    return Recipe(sources, build)


def _joined_convs(stem: str, taps: tuple[int, ...], config: HybridConfig) -> Recipe:
    """The convolutions of queries, keys and values as one."""
    keys = config.linear_num_key_heads * config.linear_key_head_dim
    values = config.linear_num_value_heads * config.linear_value_head_dim
    sources = tuple((stem + name, (rows, *taps)) for name, rows in zip(CONVS_APART, (keys, keys, values), strict=True))
    return Recipe(sources, lambda read: torch.cat([read(name, shape) for name, shape in sources]))


def _shard(table: str, number: int) -> str:
    return table.replace(TABLE, TABLE.replace(".", f".shard_{number}."))


def _joined_shards(table: str, shape: tuple[int, ...], present: Container[str]) -> Recipe:
    """A table of n-grams out of its shards."""
    count = next(number for number in itertools.count() if _shard(table, number) not in present)
    each = -(-shape[0] // count)
    sources = tuple(
        (_shard(table, number), (max(min(each, shape[0] - number * each), 0), *shape[1:])) for number in range(count)
    )
    return Recipe(sources, lambda read: torch.cat([read(name, form) for name, form in sources]))


def _stacked(experts: str, part: str, config: HybridConfig, present: Container[str]) -> Recipe:
    """One tensor of all experts, filled expert by expert so that no second copy of them is ever in memory."""
    inner, hidden = config.moe_intermediate_size, config.hidden_size
    shape = (hidden, inner) if part == "down_proj" else (inner, hidden)
    sources: list[tuple[str, ...]] = []
    for number in range(config.num_experts):
        gate, up, down = expert_names(experts, number, present)
        sources.append((down,) if part == "down_proj" else (gate, up))

    def build(read: Read) -> Tensor:
        out = None
        for number, names in enumerate(sources):
            for half, name in enumerate(names):
                matrix = read(name, shape)
                if out is None:
                    out = matrix.new_empty(len(sources), len(names) * shape[0], shape[1])
                out[number, half * shape[0] : (half + 1) * shape[0]] = matrix
        assert out is not None
        return out

    return Recipe(tuple((name, shape) for names in sources for name in names), build)
