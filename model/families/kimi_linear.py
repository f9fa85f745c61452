"""`kimi_linear` (Kimi Linear): its config.json by the names of `HybridConfig`, and what of it is computed.

Releases and transformers call some fields differently; either is accepted. What is cached of a token is one latent
vector beside one key that all heads share, so that `head_dim` and `num_key_value_heads` are of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docqa.model.errors import ConfigUnsupported
from docqa.model.families.fields import FULL, LINEAR, size
from docqa.model.families.grouped_experts import check_latent, check_options, rename, set_experts

EVERY = 4  # layers, of which the first is attention, but for the very first
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
    rename(raw)
    check_options(raw, OPTIONS)
    count = size(raw, "num_hidden_layers")
    check_latent(raw)
    _set_delta_nets(raw, count)
    set_experts(raw, count, dense=1)
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
