"""Experts that a token finds in the best of several groups, and the MLPs of the layers without: their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docqa.model.errors import ConfigUnsupported
from docqa.model.families.fields import default, number, size

NAMES = {
    "model_max_length": "max_position_embeddings",
    "moe_renormalize": "norm_topk_prob",
    "num_expert_group": "n_group",
    "num_local_experts": "num_experts",
    "num_experts_per_token": "num_experts_per_tok",
    "n_shared_experts": "num_shared_experts",
}
"""What releases and transformers call differently, by the names that are used here."""


def rename(raw: dict[str, object]) -> None:
    """Give the fields of NAMES the names that are used here."""
    for other, ours in NAMES.items():
        if raw.get(other) is not None:
            default(raw, ours, raw[other])


def check_options(raw: Mapping[str, object], options: Mapping[str, tuple[object, ...]]) -> None:
    """Fields with the values that are computed.

    Raises:
        ConfigUnsupported: another value.
    """
    for name, values in options.items():
        if raw.get(name) is not None and raw[name] not in values:
            raise ConfigUnsupported(f"config.json: {name} = {raw[name]!r} is not supported; expected {values[0]!r}")


def set_experts(raw: dict[str, object], count: int, dense: int) -> None:
    """Which of `count` layers have experts, by default all but the first `dense`, and how a token chooses among them.

    Raises:
        ConfigUnsupported: a size is missing, no whole number, or does not fit the others.
    """
    inner, shared = size(raw, "moe_intermediate_size"), size(raw, "num_shared_experts")
    raw["shared_expert_intermediate_size"] = inner * shared
    kinds = raw.get("mlp_layer_types")
    if kinds is None:
        first = dense if raw.get("first_k_dense_replace") is None else raw["first_k_dense_replace"]
        if not isinstance(first, int) or not 0 <= first <= count:
            raise ConfigUnsupported(f"config.json: first_k_dense_replace = {first!r} of {count} layers")
        kinds = ["dense"] * first + ["sparse"] * (count - first)
    if not isinstance(kinds, Sequence) or len(kinds) != count or not set(kinds) <= {"dense", "sparse"}:
        raise ConfigUnsupported(f"config.json: mlp_layer_types must name {count} layers, dense or sparse; got {kinds}")
    raw["mlp_only_layers"] = [at for at, kind in enumerate(kinds) if kind == "dense"]
    default(raw, "n_group", 1)
    default(raw, "topk_group", 1)
    default(raw, "norm_topk_prob", True)
    raw["routed_scaling_factor"] = number(raw, "routed_scaling_factor")
    experts, groups, best = (size(raw, name) for name in ("num_experts", "n_group", "topk_group"))
    if experts % groups or experts // groups < 2 or best > groups:
        raise ConfigUnsupported(f"config.json: topk_group = {best} of n_group = {groups} groups of {experts} experts")
    if size(raw, "num_experts_per_tok") > best * experts // groups:
        raise ConfigUnsupported(
            f"config.json: num_experts_per_tok = {raw['num_experts_per_tok']} of {best * experts // groups} experts"
        )


def check_latent(raw: Mapping[str, object]) -> None:
    """Sizes of latent attention, whose keys belong to all heads.

    Raises:
        ConfigUnsupported: one is missing, or no whole number.
    """
    heads, fields = size(raw, "num_attention_heads"), ["qk_nope_head_dim", "v_head_dim"]
    if raw.get("num_key_value_heads") not in (None, heads):
        raise ConfigUnsupported(
            f"config.json: num_key_value_heads = {raw['num_key_value_heads']!r}; of latent attention it is {heads}"
        )
    for name in [*fields, "q_lora_rank"] if raw.get("q_lora_rank") is not None else fields:
        size(raw, name)
