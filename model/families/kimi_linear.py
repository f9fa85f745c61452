"""`kimi_linear` (Kimi Linear): its config.json by the names of `HybridConfig`, and what of it is computed.

Releases and transformers call some fields differently; either is accepted. What is cached of a token is one latent
vector beside one key that all heads share, so that `head_dim` and `num_key_value_heads` are of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docqa.model.errors import ConfigUnsupported
from docqa.model.families.fields import FULL, LINEAR, default, number, size

EVERY = 4  # layers, of which the first is attention, but for the very first
NAMES = {
    "model_max_length": "max_position_embeddings",
    "moe_renormalize": "norm_topk_prob",
    "num_expert_group": "n_group",
    "num_local_experts": "num_experts",
    "num_experts_per_token": "num_experts_per_tok",
    "n_shared_experts": "num_shared_experts",
}
OPTIONS: dict[str, tuple[object, ...]] = {
    "mla_use_nope": (True,),
    "moe_router_activation_func": ("sigmoid",),
    "moe_layer_freq": (1,),
    "num_nextn_predict_layers": (0,),
    "use_grouped_topk": (True,),
    "pretraining_tp": (1,),
    "norm_topk_prob": (True, False),
}


def complete(raw: dict[str, object]) -> None:
    """Turn the fields into those of `HybridConfig`.

    Raises:
        ConfigUnsupported: a size is missing, no whole number, or does not fit the others; an option is not computed.
    """
    for other, ours in NAMES.items():
        if raw.get(other) is not None:
            default(raw, ours, raw[other])
    for name, values in OPTIONS.items():
        if raw.get(name) is not None and raw[name] not in values:
            raise ConfigUnsupported(f"config.json: {name} = {raw[name]!r} is not supported; expected {values[0]!r}")
    heads, count = size(raw, "num_attention_heads"), size(raw, "num_hidden_layers")
    if raw.get("num_key_value_heads") not in (None, heads):
        raise ConfigUnsupported(
            f"config.json: num_key_value_heads = {raw['num_key_value_heads']!r}; of latent attention it is {heads}"
        )
    _set_delta_nets(raw, count)
    _set_experts(raw, count)
    for name in ("qk_nope_head_dim", "v_head_dim"):
        size(raw, name)
    if raw.get("q_lora_rank") is not None:
        size(raw, "q_lora_rank")
    raw |= {"rotates": False, "num_key_value_heads": 1, "rope_scaling": None, "rope_parameters": None}
    raw["head_dim"] = size(raw, "kv_lora_rank") + size(raw, "qk_rope_head_dim")


def _set_delta_nets(raw: dict[str, object], count: int) -> None:
    """Sizes of the delta nets, and which layers they are; releases number them from 1."""
    about = raw.get("linear_attn_config")
    said: Mapping[str, object] = about if isinstance(about, Mapping) else {}
    released = {"head_dim": "linear_head_dim", "num_heads": "linear_num_heads",
                "short_conv_kernel_size": "linear_conv_kernel_dim"}  # fmt: skip
    for other, ours in released.items():
        if said.get(other) is not None:
            raw[ours] = said[other]
    heads, dim = size(raw, "linear_num_heads"), size(raw, "linear_head_dim")
    raw |= {"linear_num_key_heads": heads, "linear_num_value_heads": heads}
    raw |= {"linear_key_head_dim": dim, "linear_value_head_dim": dim}
    if raw.get("layer_types") is None:
        full, delta = said.get("full_attn_layers"), said.get("kda_layers")
        raw["layer_types"] = _usual_layers(count) if full is None or delta is None else _layers(full, delta, count)


def _usual_layers(count: int) -> list[str]:
    return [FULL if at and at % EVERY == 0 else LINEAR for at in range(count)]


def _layers(full: object, delta: object, count: int) -> list[str]:
    listed = [*full, *delta] if isinstance(full, Sequence) and isinstance(delta, Sequence) else []
    if not all(isinstance(at, int) for at in listed) or sorted(listed) != list(range(1, count + 1)):
        raise ConfigUnsupported(
            f"config.json: linear_attn_config's full_attn_layers and kda_layers do not name each of {count} layers once"
        )
    assert isinstance(full, Sequence)
    return [FULL if at + 1 in full else LINEAR for at in range(count)]


def _set_experts(raw: dict[str, object], count: int) -> None:
    """Which layers have experts, and how a token chooses among them."""
    inner, shared = size(raw, "moe_intermediate_size"), size(raw, "num_shared_experts")
    raw["shared_expert_intermediate_size"] = inner * shared
    kinds = raw.get("mlp_layer_types")
    if kinds is None:
        first = 1 if raw.get("first_k_dense_replace") is None else raw["first_k_dense_replace"]
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
