"""`olmo_hybrid` (OLMo Hybrid): what its config.json may leave out, and what of it is computed."""

from __future__ import annotations

from docqa.model.errors import ConfigUnsupported

LINEAR, FULL = "linear_attention", "full_attention"
EVERY = 4  # layers, of which the last is attention


def complete(raw: dict[str, object]) -> None:
    """Fill in what is left out, as transformers does, by the names of `HybridConfig`.

    Raises:
        ConfigUnsupported: attention alone or delta nets alone, which the architecture has no form for; a rotary
            embedding of a part of a head, or none that is named.
    """
    hidden, heads, count = (_size(raw, name) for name in ("hidden_size", "num_attention_heads", "num_hidden_layers"))
    _default(raw, "max_position_embeddings", 65_536)
    _default(raw, "num_key_value_heads", heads)
    _default(raw, "head_dim", hidden // heads)
    _default(raw, "linear_num_key_heads", heads)
    _default(raw, "linear_num_value_heads", heads)
    _default(raw, "linear_key_head_dim", int(0.75 * hidden / _size(raw, "linear_num_key_heads")))
    _default(raw, "linear_value_head_dim", 2 * _size(raw, "linear_key_head_dim"))
    _default(raw, "layer_types", _usual_layers(count))
    kinds = raw["layer_types"]
    if isinstance(kinds, list) and not {LINEAR, FULL} <= set(kinds):
        raise ConfigUnsupported(f"config.json: olmo_hybrid has layers of both kinds, layer_types names {kinds}")
    raw["negative_eigenvalues"] = raw.get("linear_allow_neg_eigval") is not False
    _set_rotation(raw)


def _usual_layers(count: int) -> list[str]:
    """Every fourth layer is attention, and the last one where none would be."""
    kinds = [FULL if (number + 1) % EVERY == 0 else LINEAR for number in range(count)]
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
    if raw["rotates"] and (not isinstance(theta, int | float) or theta <= 0):
        raise ConfigUnsupported(f"config.json: rope_theta = {theta!r}, a number above 0 is needed")
    part = settings.get("partial_rotary_factor")
    if raw["rotates"] and part not in (None, 1.0):
        raise ConfigUnsupported(f"config.json: partial_rotary_factor = {part!r} is not supported for olmo_hybrid")


def _default(raw: dict[str, object], name: str, value: object) -> None:
    if raw.get(name) is None:
        raw[name] = value


def _size(raw: dict[str, object], name: str) -> int:
    """A whole number above 0, as everything that others are computed from has to be."""
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigUnsupported(f"config.json: {name} = {value!r}, a whole number from 1 on is needed")
    return value
