"""Qwen3-Next: as Qwen3.5 with experts, but releases keep the projections of a delta net together
and experts apart.
"""

from collections.abc import Container, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from docqa.model.family import Family, GgufForm, Read, Recipe, Shape
from docqa.model.gguf.names import HYBRID_NAMES

if TYPE_CHECKING:
    from torch import Tensor

APART = {
    "in_proj_qkvz.weight": ("in_proj_qkv.weight", "in_proj_z.weight"),
    "in_proj_ba.weight": ("in_proj_b.weight", "in_proj_a.weight"),
}
TOGETHER = {part: whole for whole, parts in APART.items() for part in parts}


def recipe_for_projection(
    name: str, shape: Shape, config: Any, present: Container[str]
) -> Recipe | None:
    """A projection out of the one that it is kept in; or, for transformers, that one out of its
    parts.
    """
    stem, net, part = name.rpartition("linear_attn.")
    if part in TOGETHER and stem + net + TOGETHER[part] in present:
        return _recipe_of_rows(stem + net + TOGETHER[part], part, shape, config)
    if part in APART and stem + net + APART[part][0] in present:
        return _recipe_of_parts(stem + net, part, shape, config)
    return None


def interleaved_rows(config: Any) -> "dict[str, Tensor]":
    """Rows of `in_proj_qkvz` and `in_proj_ba` that make up each of the four projections, int64: key
    head g owns rows q (key_dim), k (key_dim), v (r * value_dim), z (r * value_dim) of the first, b
    (r) and a (r) of the second; r value heads share a key head."""
    import torch

    heads = config.linear_num_key_heads
    repeat = config.linear_num_value_heads // config.linear_num_key_heads
    key = config.linear_key_head_dim
    values = repeat * config.linear_value_head_dim
    wide = torch.arange(heads * 2 * (key + values)).view(heads, -1)
    q, k, v, z = (part.flatten() for part in wide.split([key, key, values, values], 1))
    b, a = (part.flatten() for part in torch.arange(heads * 2 * repeat).view(heads, -1).chunk(2, 1))
    qkv = torch.cat([q, k, v])
    return {
        "in_proj_qkv.weight": qkv,
        "in_proj_z.weight": z,
        "in_proj_b.weight": b,
        "in_proj_a.weight": a,
    }


def _recipe_of_rows(source: str, part: str, shape: Shape, config: Any) -> Recipe:
    """Rows of one projection out of the `source` that holds several."""
    rows = interleaved_rows(config)
    whole = (sum(len(rows[one]) for one in APART[TOGETHER[part]]), *shape[1:])
    return Recipe(((source, whole),), lambda read: read(source, whole)[rows[part]], rows[part])


def _recipe_of_parts(stem: str, whole: str, shape: Shape, config: Any) -> Recipe:
    """The projection `whole` out of its parts, which begin with `stem`."""
    rows = interleaved_rows(config)
    sources = tuple((stem + part, (len(rows[part]), *shape[1:])) for part in APART[whole])

    def build(read: Read) -> "Tensor":
        parts = [read(*source) for source in sources]
        out = parts[0].new_empty(shape)
        for part, matrix in zip(APART[whole], parts, strict=True):
            out[rows[part]] = matrix
        return out

    return Recipe(sources, build)


def tensors_as_released(
    config: Any, tensors: "Mapping[str, Tensor]"
) -> "Iterator[tuple[str, Tensor]]":
    """The network's tensors with the projections of a delta net together."""
    for name, tensor in tensors.items():
        stem, net, part = name.rpartition("linear_attn.")
        if part not in TOGETHER:
            yield name, tensor
        elif part == APART[TOGETHER[part]][0]:
            halves = [tensors[stem + net + half] for half in APART[TOGETHER[part]]]
            shape = (sum(len(half) for half in halves), *tensor.shape[1:])
            recipe = _recipe_of_parts(stem + net, TOGETHER[part], shape, config)
            yield stem + net + TOGETHER[part], recipe.build(lambda source, _: tensors[source])


FAMILY = Family(
    model_type="qwen3_next",
    classes="Qwen3Next",
    made_of=recipe_for_projection,
    released=tensors_as_released,
    experts_apart=True,
    gguf=GgufForm(HYBRID_NAMES),
)
