"""`bailing_hybrid` (Ling 3): its config.json by the names of `HybridConfig`, and what of it is computed.

As of Kimi Linear, one latent vector beside one key that all heads share is cached of a token; here that key rotates.
"""

from __future__ import annotations

from collections.abc import Mapping

from docqa.model.errors import ConfigUnsupported
from docqa.model.families.fields import FULL, LINEAR, default, size
from docqa.model.families.grouped_experts import check_latent, check_options, rename, set_experts

OPTIONS: dict[str, tuple[object, ...]] = {
    "kda_safe_gate": (True, False),
    "pretraining_tp": (1,),
    "norm_topk_prob": (True, False),
}
DEFAULTS: dict[str, object] = {
    "max_position_embeddings": 262_144, "n_group": 8, "topk_group": 4, "routed_scaling_factor": 2.5,
    "num_shared_experts": 1, "layer_group_size": 6, "kda_safe_gate": True, "kda_lower_bound": -5.0,
    "short_conv_kernel_size": 4, "rope_theta": 6_000_000.0,
}  # fmt: skip


def complete(raw: dict[str, object]) -> None:
    """Turn the fields into those of `HybridConfig`.

    Raises:
        ConfigUnsupported: a size is missing, no whole number, or does not fit the others; an option is not computed.
    """
    rename(raw)
    check_options(raw, OPTIONS)
    for name in ("rope_parameters", "rope_scaling"):
        said = raw.get(name)
        check_options(said if isinstance(said, Mapping) else {}, {"mscale_all_dim": (0, 0.0)})
    for name, value in DEFAULTS.items():
        default(raw, name, value)
    count = size(raw, "num_hidden_layers")
    check_latent(raw)
    every = size(raw, "layer_group_size")
    default(raw, "layer_types", [LINEAR if (at + 1) % every else FULL for at in range(count)])
    _set_delta_nets(raw)
    set_experts(raw, count, dense=2)
    raw |= {"num_key_value_heads": 1, "head_dim": size(raw, "kv_lora_rank") + size(raw, "qk_rope_head_dim")}


def _set_delta_nets(raw: dict[str, object]) -> None:
    """Sizes of the delta nets, and how far they may forget at most; `head_dim` is theirs in releases."""
    default(raw, "linear_num_heads", raw.get("num_attention_heads"))
    default(raw, "linear_head_dim", raw.get("head_dim"))
    default(raw, "linear_conv_kernel_dim", raw["short_conv_kernel_size"])
    heads, dim = size(raw, "linear_num_heads"), size(raw, "linear_head_dim")
    raw |= {"linear_num_key_heads": heads, "linear_num_value_heads": heads}
    raw |= {"linear_key_head_dim": dim, "linear_value_head_dim": dim}
    bound = raw["kda_lower_bound"]
    if not isinstance(bound, int | float) or isinstance(bound, bool) or bound >= 0:
        raise ConfigUnsupported(f"config.json: kda_lower_bound = {bound!r}, a number below 0 is needed")
    raw["lowest_decay"] = float(bound) if raw["kda_safe_gate"] else 0.0
