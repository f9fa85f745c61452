"""`olmo_hybrid` (OLMo Hybrid): what its config.json may leave out, and what of it is computed."""

from __future__ import annotations

from docqa.model.errors import ConfigUnsupported
from docqa.model.families.fields import FULL, LINEAR, default, number, size

EVERY = 4  # layers, of which the last is attention


def complete(raw: dict[str, object]) -> None:
    """Fill in what is left out, as transformers does, by the names of `HybridConfig`.

    Raises:
        ConfigUnsupported: attention alone or delta nets alone, which the architecture has no form for; a rotary
            embedding of a part of a head, or none that is named.
    """
    hidden, heads, count = (size(raw, name) for name in ("hidden_size", "num_attention_heads", "num_hidden_layers"))
    default(raw, "max_position_embeddings", 65_536)
    default(raw, "num_key_value_heads", heads)
    default(raw, "head_dim", hidden // heads)
    default(raw, "linear_num_key_heads", heads)
    default(raw, "linear_num_value_heads", heads)
    default(raw, "linear_key_head_dim", int(0.75 * hidden / size(raw, "linear_num_key_heads")))
    default(raw, "linear_value_head_dim", 2 * size(raw, "linear_key_head_dim"))
    default(raw, "layer_types", _usual_layers(count))
    kinds = raw["layer_types"]
    if isinstance(kinds, list) and not {LINEAR, FULL} <= set(kinds):
        raise ConfigUnsupported(f"config.json: olmo_hybrid has layers of both kinds, layer_types names {kinds}")
    raw["negative_eigenvalues"] = raw.get("linear_allow_neg_eigval") is not False
    _set_rotation(raw)


def _usual_layers(count: int) -> list[str]:
    """Every fourth layer is attention, and the last one where none would be."""
    kinds = [FULL if (at + 1) % EVERY == 0 else LINEAR for at in range(count)]
    return kinds if FULL in kinds else [*kinds[:-1], FULL]


def _set_rotation(raw: dict[str, object]) -> None:
    """`rotates`: whether queries and keys carry positions, which a `rope_theta` of null says they do not.

    Where it is not there at all, transformers rotates and the architecture's releases do not.
    """
    rope = raw.get("rope_parameters") or raw.get("rope_scaling")
    settings = {**raw, **rope} if isinstance(rope, dict) else raw
    stated = "rope_theta" in rope if isinstance(rope, dict) else False
    if settings.get("rope_theta") is None and not stated:
        raise ConfigUnsupported(
            "config.json: rope_parameters names no rope_theta; null means that nothing rotates, as in the releases"
        )
    theta = settings["rope_theta"]
    raw["rotates"] = theta is not None
    if raw["rotates"]:
        number(settings, "rope_theta")
    part = settings.get("partial_rotary_factor")
    if raw["rotates"] and part not in (None, 1.0):
        raise ConfigUnsupported(f"config.json: partial_rotary_factor = {part!r} is not supported for olmo_hybrid")
